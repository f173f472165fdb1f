//! # test_002
