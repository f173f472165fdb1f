//! Every measurement, small, directly and through a relay in this process; and the report made of it.

use super::*;
use crate::local_api::Stage;
use crate::probe::Lane;
use crate::relay::Relay;
use crate::sim::Authority;
use crate::upstream::Upstream;
use crate::wire::Route;
use servers::HOST;

async fn report(names: &[&str]) -> Report {
    let authority = Authority::generate().unwrap();
    let upstream = Upstream::start(authority.server(&[HOST], &["http/1.1"]).unwrap()).await.unwrap();
    let trust = Route::trusting(authority.root_pem()).unwrap();
    let server = authority.server(&[HOST], &[]).unwrap();
    let relay = Relay::start(server, HOST, upstream.address, trust.clone()).await.unwrap();
    let way = |column, address, through_proxy| Way {
        column,
        lane: Lane { address, through_proxy, host: HOST.into(), trust: trust.clone() },
        pid: (column == Column::Relay).then(std::process::id),
        api: None,
    };
    let ways = [way(Column::Direct, upstream.address, false), way(Column::Relay, relay.address, true)];
    let mut rows = Vec::new();
    for name in names {
        for way in &ways {
            for part in measurement(name, way, Scale { quick: true, round: 0 }).await.unwrap() {
                row::file(&mut rows, way.column, part);
            }
        }
    }
    Report {
        machine: Machine::now("0"),
        load_after: load(),
        rounds: 1,
        rows,
        stages: Vec::new(),
        idle: memory(&ways),
        loaded: memory(&ways),
    }
}

#[tokio::test]
async fn every_measurement_gives_its_rows_on_both_ways() {
    let report = report(&MEASUREMENTS).await;
    let rows: Vec<(&str, usize, usize)> = report
        .rows
        .iter()
        .map(|row| {
            let count = |column| row.of(column).map_or(0, |series| series.all.len());
            (row.name, count(Column::Direct), count(Column::Relay))
        })
        .filter(|(name, _, _)| *name != "requests_64")
        .collect();
    assert_eq!(
        rows,
        [
            ("calls_64", 192, 192),
            ("request_2k", 300, 300),
            ("request_200k", 60, 60),
            ("request_1m", 20, 20),
            ("new_connection", 40, 40),
            ("sse_first_event", 6, 6),
            ("sse_event", 96, 96),
            ("sse_unpaced", 1000, 1000),
            ("sse_64", 1280, 1280),
            ("call_allowed", 30, 30),
            ("call_held", 10, 10),
            ("growing_10k_first", 4, 4),
            ("growing_10k", 24, 24),
            ("growing_1m_first", 2, 2),
            ("growing_1m", 12, 12),
        ]
    );
    let busy = report.rows.iter().find(|row| row.name == "requests_64").unwrap();
    assert!(busy.of(Column::Relay).unwrap().rate().unwrap() > 100.0);
}

#[tokio::test]
async fn the_stages_stand_beside_their_budgets() {
    let took = |name: &str, p99| Stage {
        name: name.to_owned(),
        count: 64,
        p50: Duration::from_micros(20),
        p99,
        p999: p99,
    };
    let slow = Duration::from_millis(11);
    let stages = vec![took("read", slow), took("detect", slow / 2), took("decide", slow)];
    let report = Report { stages, ..report(&[]).await };
    let text = report.to_string();
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    assert!(line("read ").ends_with("10 ms") && line("decide ").ends_with("11.00 ms"), "{text}");
    assert!(text.contains("classification of a request, p99") && text.contains("missed"), "{text}");
    assert_eq!(report.to_json()["goals"][1]["met"], true, "of a call");
    assert_eq!(report.to_json()["stages"][0]["p99"], 11_000_000);
}

#[tokio::test]
async fn a_report_fits_a_terminal_and_needs_no_vigil() {
    let report = report(&["new_connection", "streams_64"]).await;
    let text = report.to_string();
    let longest = text.lines().skip(1).max_by_key(|line| line.chars().count()).unwrap();
    assert!(longest.chars().count() <= 80, "{longest}");
    assert!(!text.contains("vigil  "), "{text}");
    assert!(report.to_json()["rows"]["new_connection"]["ways"]["relay"]["added_p50"].is_number());
}
