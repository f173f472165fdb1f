//! # auth_005
