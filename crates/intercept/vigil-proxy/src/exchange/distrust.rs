//! Clients that do not trust the local CA: counted, and told about with the exact fix.

use std::collections::BTreeMap;
use std::net::IpAddr;

use rustls::AlertDescription;
use vigil_core::message::NoticeKind;

use super::{Exchanges, lock};

const MOST: usize = 1024;

/// How often each client refused the certificate of a provider host. A client is its address without the port, and the
/// host it wanted.
pub(super) type Distrust = BTreeMap<(String, String), u64>;

impl Exchanges {
    /// `client` is the address of the connection.
    pub(crate) fn distrusted(&self, client: &str, host: &str, alert: AlertDescription) {
        let address = client.parse::<std::net::SocketAddr>().map(|address| address.ip());
        let who = address.map_or_else(|_| client.to_owned(), |ip: IpAddr| ip.to_string());
        let count = {
            let mut counts = lock(&self.distrust);
            if counts.len() >= MOST {
                counts.clear();
            }
            let count = counts.entry((who, host.to_owned())).or_default();
            *count += 1;
            *count
        };
        let text = format!(
            "a client does not trust Vigil's certificate for {host} ({alert:?}, {count} times so far): start it with \
             `vigil run -- CMD`, or trust the CA with `vigil ca install`, or point NODE_EXTRA_CA_CERTS (Node) or \
             SSL_CERT_FILE (others) at the file that `vigil ca path` prints"
        );
        self.notice(NoticeKind::ClientDistrust, Some(host), Some(client), text);
    }

    pub(crate) fn distrust_counts(&self) -> Vec<((String, String), u64)> {
        lock(&self.distrust).iter().map(|(client, count)| (client.clone(), *count)).collect()
    }
}
