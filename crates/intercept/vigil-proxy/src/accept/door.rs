//! The first head of a connection, and where it leads.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use vigil_core::message::NoticeKind;

use crate::h1::{Leg, NoHead, Service, local_reply, next_head};
use crate::link::Stop;
use crate::relay::head::RequestLine;
use crate::upstream::tune;

use super::connect::connect;
use super::{House, direct};

/// Serves one connection of a client.
pub(super) async fn enter(stream: TcpStream, address: SocketAddr, house: &Arc<House>, mut stop: Stop) {
    if tune(&stream).is_err() {
        return;
    }
    let client = address.to_string();
    let mut service = Service::new(house.exchanges.clone(), house.limits, true);
    let mut leg = Leg::new(stream, b"");
    let first = timeout(
        house.limits.handshake,
        next_head::<TcpStream, TcpStream>(&mut leg, None, &mut service, &mut stop),
    );
    let length = match first.await {
        Ok(Ok(length)) => length,
        Ok(Err(NoHead::Malformed(error))) => {
            let text = format!("a client sent something that is not HTTP: {error}");
            house.exchanges.notice(NoticeKind::Malformed, None, Some(&client), text);
            return answer(&mut leg, 400, "This is the proxy of Vigil, and what came is not HTTP/1.1.").await;
        }
        Ok(Err(NoHead::Quiet | NoHead::Failed(_))) | Err(_) => return,
    };
    let head = leg.input.data().get(..length).unwrap_or_default().to_vec();
    match RequestLine::parse(&head) {
        Ok(line) if line.method == "CONNECT" => connect(leg, length, &line, client, house, stop).await,
        Ok(_) => direct::serve(leg, service, client, house, stop).await,
        Err(error) => {
            let text = format!("This is the proxy of Vigil, and what came is not HTTP/1.1: {error}");
            answer(&mut leg, 400, &text).await;
        }
    }
}

/// Answers in the proxy's own name and closes.
pub(super) async fn answer(leg: &mut Leg<TcpStream>, status: u16, text: &str) {
    // Who does not wait for the answer does not get it.
    drop(leg.output.write_all(local_reply(status, text).as_bytes()).await);
    leg.close().await;
}
