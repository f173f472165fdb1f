//! # auth_007
