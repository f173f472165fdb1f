//! Reading the sealed chain, for `vigil log`, the local API and audits.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::archive::{self, ArchiveError};
use crate::chain::{Frontier, Head};
use crate::hex;
use crate::record::{Body, GateDecision, Interaction, Record, RecordError, sha256};
use crate::start::check_record;

/// A reader of the sealed chain, beside a running daemon or without one.
pub struct Reader {
    db: Connection,
}

/// A record of one kind, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<B> {
    /// Its place in the chain.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// When it was made, in microseconds since 1970.
    pub timestamp_us: i64,
    /// Its hash, 64 hex digits.
    pub hash: String,
    /// What it says.
    pub body: B,
    /// The bytes of its evidence object, a JSON text; `None` when it was deleted.
    pub evidence: Option<Vec<u8>>,
}

/// Which decisions are wanted; `None` matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionFilter {
    /// The field `decision`.
    pub decision: Option<String>,
    /// The field `provider`.
    pub provider: Option<String>,
    /// The field `tool_name`.
    pub tool: Option<String>,
    /// The field `interaction_id`.
    pub exchange: Option<String>,
    /// Not earlier than this, in microseconds since 1970.
    pub since_us: Option<i64>,
}

/// What the sealed chain holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All records.
    pub records: u64,
    /// Of them decisions.
    pub decisions: u64,
    /// Of them decisions that let the call pass without anybody being asked, observed ones included.
    pub allowed: u64,
    /// Of them exchanges.
    pub interactions: u64,
    /// Evidence objects that were not deleted.
    pub evidence: u64,
    /// The size of the last checkpoint.
    pub checkpoint: u64,
}

/// What a full check of the chain came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Records checked.
    pub records: u64,
    /// What is wrong, at most [`MAX_FINDINGS`] of it. Empty when nothing is.
    pub findings: Vec<String>,
}

/// How many findings an audit keeps.
pub const MAX_FINDINGS: usize = 100;

impl Reader {
    /// Opens the store of a state directory for reading.
    pub fn open(dir: &Path) -> Result<Self, ReadError> {
        Ok(Self { db: archive::open_read_only(&dir.join(archive::FILE))? })
    }

    /// Decisions, newest first, at most `limit`, all of them before `before_seq`.
    pub fn actions(
        &self,
        filter: &ActionFilter,
        limit: usize,
        before_seq: Option<u64>,
    ) -> Result<Vec<Entry<GateDecision>>, ReadError> {
        // The rare decisions have an index, whose condition the query must repeat.
        let sql = match filter.decision.as_deref() {
            Some("allow") | None => {
                "SELECT seq, hash, preimage FROM record WHERE seq < ?1 AND kind = 'gate_decision'
                 AND (?2 IS NULL OR decision = ?2) ORDER BY seq DESC"
            }
            Some(_) => {
                "SELECT seq, hash, preimage FROM record WHERE seq < ?1
                 AND decision = ?2 AND decision <> 'allow' ORDER BY seq DESC"
            }
        };
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        self.newest_first(sql, filter.decision.as_deref(), before_seq, |record, hash| {
            let since = filter.since_us.is_none_or(|since| record.timestamp_us >= since);
            if let Body::GateDecision(body) = record.body {
                let is = |wanted: &Option<String>, value: Option<&str>| {
                    wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
                };
                let wanted = since
                    && is(&filter.provider, Some(&body.provider))
                    && is(&filter.tool, body.tool_name.as_deref())
                    && is(&filter.exchange, body.interaction_id.as_deref());
                if wanted {
                    let evidence = archive::evidence(&self.db, record.seq)?;
                    found.push(Entry {
                        seq: record.seq,
                        id: record.id,
                        timestamp_us: record.timestamp_us,
                        hash,
                        body,
                        evidence,
                    });
                }
            }
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }

    /// Exchanges, newest first, at most `limit`, all of them before `before_seq`.
    pub fn interactions(
        &self,
        limit: usize,
        before_seq: Option<u64>,
    ) -> Result<Vec<Entry<Interaction>>, ReadError> {
        let sql = "SELECT seq, hash, preimage FROM record WHERE seq < ?1 AND kind = 'interaction'
                   AND ?2 IS NULL ORDER BY seq DESC";
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        self.newest_first(sql, None, before_seq, |record, hash| {
            if let Body::Interaction(body) = record.body {
                let evidence = archive::evidence(&self.db, record.seq)?;
                let (seq, id, timestamp_us) = (record.seq, record.id, record.timestamp_us);
                found.push(Entry { seq, id, timestamp_us, hash, body, evidence });
            }
            Ok(found.len() < limit)
        })?;
        Ok(found)
    }

    /// One record with its hash.
    pub fn record(&self, seq: u64) -> Result<Option<(Record, String)>, ReadError> {
        let Some(row) = archive::row(&self.db, seq)? else { return Ok(None) };
        let record = Record::decode(&row.preimage).map_err(|error| ReadError::Record { seq, error })?;
        Ok(Some((record, hex::encode(&row.hash))))
    }

    /// The evidence of one record, unless it was deleted.
    pub fn evidence(&self, seq: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(archive::evidence(&self.db, seq)?)
    }

    /// What the chain holds. It reads an index over everything: for people, not for every tick.
    pub fn counts(&self) -> Result<Counts, ReadError> {
        let count = |sql: &str| -> Result<u64, ReadError> {
            let count: i64 = self.db.query_row(sql, [], |row| row.get(0)).map_err(ArchiveError::from)?;
            Ok(u64::try_from(count).unwrap_or(0))
        };
        Ok(Counts {
            records: archive::count(&self.db)?,
            decisions: count("SELECT count(*) FROM record WHERE kind = 'gate_decision'")?,
            allowed: count("SELECT count(*) FROM record WHERE decision = 'allow'")?,
            interactions: count("SELECT count(*) FROM record WHERE kind = 'interaction'")?,
            evidence: count("SELECT count(*) FROM evidence")?,
            checkpoint: archive::last_checkpoint(&self.db)?.map_or(0, |(size, _)| size),
        })
    }

    /// Recomputes the whole chain: every hash, link, commitment and checkpoint root. Signatures are the auditor's.
    pub fn audit(&self) -> Result<Audit, ReadError> {
        let snapshot = self.db.unchecked_transaction().map_err(ArchiveError::from)?;
        let mut audit = Audit::default();
        let Some(chain) = archive::chain_row(&snapshot)? else { return Ok(audit) };
        let mut note = |finding: String| {
            if audit.findings.len() < MAX_FINDINGS {
                audit.findings.push(finding);
            }
        };
        let mut head = Head { count: 0, hash: chain.genesis.clone() };
        let mut tree = Frontier::default();
        archive::each_record(&snapshot, 0, |row| {
            if let Err(why) = check_record(&row, &head) {
                note(why);
            }
            if let Some(bytes) = archive::evidence(&snapshot, row.seq)? {
                let committed =
                    Record::decode(&row.preimage).ok().and_then(|record| commitment(&record.body));
                if committed != Some(hex::encode(&sha256(&bytes))) {
                    note(format!("the evidence of record {} is not what the record commits to", row.seq));
                }
            }
            head = Head { count: row.seq + 1, hash: hex::encode(&row.hash) };
            tree.push(&row.hash);
            let root = archive::checkpoint_root(&snapshot, tree.size())?;
            if root.is_some_and(|root| root != tree.root()) {
                note(format!("the checkpoint of size {} has another root than the records", tree.size()));
            }
            Ok::<(), ArchiveError>(())
        })?;
        if head != chain.head {
            note(format!("the store counts {} records and {} are there", chain.head.count, head.count));
        }
        audit.records = head.count;
        Ok(audit)
    }

    /// Calls `visit` with record and hash until it says `false`.
    fn newest_first(
        &self,
        sql: &str,
        decision: Option<&str>,
        before_seq: Option<u64>,
        mut visit: impl FnMut(Record, String) -> Result<bool, ReadError>,
    ) -> Result<(), ReadError> {
        let before = before_seq.and_then(|seq| i64::try_from(seq).ok()).unwrap_or(i64::MAX);
        let mut statement = self.db.prepare_cached(sql).map_err(ArchiveError::from)?;
        let mut rows = statement.query(params![before, decision]).map_err(ArchiveError::from)?;
        while let Some(row) = rows.next().map_err(ArchiveError::from)? {
            let row = archive::read_row(row).map_err(ArchiveError::from)?;
            let record =
                Record::decode(&row.preimage).map_err(|error| ReadError::Record { seq: row.seq, error })?;
            if !visit(record, hex::encode(&row.hash))? {
                break;
            }
        }
        Ok(())
    }
}

/// Deletes the evidence of one record. The record stays, and so does the chain; a running daemon is not disturbed.
/// Says whether there was any. The daemon drops its journal's copy within seconds.
pub fn delete_evidence(dir: &Path, seq: u64) -> Result<bool, ReadError> {
    Ok(archive::delete_evidence(&dir.join(archive::FILE), seq)?)
}

/// The digest a record commits to, if it does.
fn commitment(body: &Body) -> Option<String> {
    match body {
        Body::GateDecision(body) => body.gate_id.strip_prefix("act1-").map(str::to_owned),
        Body::Interaction(body) => body.execution_gate_id.clone(),
        _ => None,
    }
}

/// Why the chain cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A stored record is not one.
    #[error("record {seq} cannot be read: {error}")]
    Record {
        /// Its place.
        seq: u64,
        /// What is wrong with it.
        error: RecordError,
    },
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}
