//! # test_001
