//! # auth_003
