mod frames;
mod kit;
mod whole;
