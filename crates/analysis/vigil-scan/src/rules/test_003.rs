//! # test_003
