//! # test_004
