//! # auth_001
