//! TCP to a host: all its addresses, the two families side by side.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;

/// How long an address is tried alone before the next one is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to `fixed`, or to the first address of the host that answers.
pub(super) async fn reach(host: &str, port: u16, fixed: Option<SocketAddr>) -> io::Result<TcpStream> {
    if let Some(address) = fixed {
        return connect(address).await;
    }
    let addresses = in_turn(lookup_host((host, port)).await?.collect());
    let mut rest = addresses.into_iter();
    let Some(first) = rest.next() else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
    };
    let mut tried = connect_beside(first, rest.next()).await;
    // Addresses after the first two are rarely needed: one after the other.
    for address in rest {
        if tried.is_ok() {
            break;
        }
        tried = connect(address).await;
    }
    tried
}

/// Every connection is without Nagle: events of a stream are small and must not wait.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    tune(&stream)?;
    Ok(stream)
}

async fn connect_beside(first: SocketAddr, second: Option<SocketAddr>) -> io::Result<TcpStream> {
    let Some(second) = second else { return connect(first).await };
    let one = connect(first);
    let other = async {
        sleep(HEAD_START).await;
        connect(second).await
    };
    tokio::pin!(one, other);
    tokio::select! {
        done = &mut one => match done {
            Ok(stream) => Ok(stream),
            Err(_) => connect(second).await,
        },
        done = &mut other => match done {
            Ok(stream) => Ok(stream),
            Err(_) => one.await,
        },
    }
}

/// Alternates the families, in the resolver's order.
fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    one.reverse();
    other.reverse();
    let mut turned = Vec::new();
    while let Some(address) = one.pop() {
        turned.push(address);
        turned.extend(other.pop());
    }
    other.reverse();
    turned.extend(other);
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let list =
            |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let turned = in_turn(list(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"]));
        assert_eq!(turned, list(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]));
        assert_eq!(
            in_turn(list(&["1.1.1.1:1", "[::1]:1", "[::2]:1"])),
            list(&["1.1.1.1:1", "[::1]:1", "[::2]:1"])
        );
    }
}
