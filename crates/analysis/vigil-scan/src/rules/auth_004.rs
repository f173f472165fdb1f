//! # auth_004
