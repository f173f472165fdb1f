//! # test_006
