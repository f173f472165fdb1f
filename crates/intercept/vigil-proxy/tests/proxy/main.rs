//! The plane over real sockets: a client, a provider, and a pipeline that answers over the bus.

mod certificates;
mod client;
mod connect;
mod direct;
mod end;
mod formats;
mod gate;
mod pipeline;
mod reply;
mod request;
mod stage;
mod upstream;
