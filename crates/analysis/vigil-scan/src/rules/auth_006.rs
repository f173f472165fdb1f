//! # auth_006
