//! The rules: one file each; its head is the page that people read.
