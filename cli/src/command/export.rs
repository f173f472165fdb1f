//! `vigil export`: the record as a document.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::Context as _;
use serde_json::Value;

use crate::Context;
use crate::args::Export;
use crate::client::Client;
use crate::exit::{self, Ended};

pub(crate) fn run(context: &Context, args: &Export) -> Ended {
    let state_dir = context.state_dir()?;
    // What a client has seen must be in the document: the daemon seals what is still in its journal.
    if let Some(client) = Client::find(&state_dir)? {
        client.post("/v1/seal", &Value::Null)?;
    }
    let records = match &args.out {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            let records = crate::archive::export(&state_dir, &mut out)?;
            out.flush()?;
            records
        }
        Some(path) => {
            // Written aside and renamed: a reader never finds half a document under the name.
            let mut aside = path.clone().into_os_string();
            aside.push(".part");
            let aside = std::path::PathBuf::from(aside);
            let written = (|| {
                let mut out = BufWriter::new(File::create(&aside)?);
                let records = crate::archive::export(&state_dir, &mut out)?;
                out.flush()?;
                out.get_ref().sync_all()?;
                std::fs::rename(&aside, path)?;
                anyhow::Ok(records)
            })();
            match written {
                Ok(records) => records,
                Err(error) => {
                    let _left_over = std::fs::remove_file(&aside);
                    return Err(error).with_context(|| format!("exporting to `{}`", path.display()));
                }
            }
        }
    };
    writeln!(anstream::stderr().lock(), "{records} records exported; check them with `vigil verify`")?;
    Ok(exit::OK)
}
