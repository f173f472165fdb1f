//! # test_005
