//! The local API, spoken by hand so that what is on the wire is what is tested.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// The API of one daemon.
#[derive(Clone, Debug)]
pub struct Api {
    address: SocketAddr,
    token: String,
}

/// What it answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Api {
    /// Takes the token from the state directory.
    pub fn open(state: &Path, url: &str) -> Result<Self> {
        let token = std::fs::read_to_string(state.join("api-token")).context("reading api-token")?;
        let address = url.strip_prefix("http://").context("the api is no http URL")?.parse()?;
        Ok(Self { address, token: token.trim().to_owned() })
    }

    /// Asks for a path.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.ask("GET", path, "")
    }

    /// The status of the daemon.
    pub fn status(&self) -> Result<Value> {
        Ok(self.get("/v1/status")?.body)
    }

    /// The holds that wait.
    pub fn holds(&self) -> Result<Vec<Value>> {
        let mut answer = self.get("/v1/holds")?;
        match answer.body.get_mut("holds").map(Value::take) {
            Some(Value::Array(holds)) => Ok(holds),
            _ => bail!("no list of holds: {answer:?}"),
        }
    }

    /// Answers a hold.
    pub fn answer(&self, id: &str, answer: &str) -> Result<Answer> {
        self.ask("POST", &format!("/v1/holds/{id}"), &json!({ "answer": answer }).to_string())
    }

    /// Waits until this many holds wait.
    pub fn wait_for_holds(&self, count: usize) -> Result<Vec<Value>> {
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            let holds = self.holds()?;
            if holds.len() == count {
                return Ok(holds);
            }
            if Instant::now() > until {
                bail!("waited for {count} holds, there are {}: {holds:?}", holds.len());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the status fits.
    pub fn wait_for_status(&self, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            let status = self.status()?;
            if fits(&status) {
                return Ok(status);
            }
            if Instant::now() > until {
                bail!("the status did not come to be as expected: {status:#}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let mut socket = TcpStream::connect_timeout(&self.address, Duration::from_secs(5))?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let (address, token, length) = (self.address, &self.token, body.len());
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )?;
        let mut reply = String::new();
        socket.read_to_string(&mut reply).with_context(|| format!("{method} {path}"))?;
        let (head, body) =
            reply.split_once("\r\n\r\n").with_context(|| format!("no reply to {method} {path}"))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        Ok(Answer {
            status,
            body: serde_json::from_str(body).with_context(|| format!("{method} {path}: {body}"))?,
        })
    }
}
