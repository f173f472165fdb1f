//! `vigil config`: check or show the configuration.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::Context;
use crate::args::{self, ConfigFile, ConfigShow};
use crate::config::{self, Config};
use crate::exit::{self, Ended, UsageError};

pub(crate) fn run(context: &Context, args: &args::Config) -> Ended {
    match args {
        args::Config::Check(args) => check(context, args),
        args::Config::Show(args) => show(context, args),
    }
}

/// The configuration of a daemon: the given file, else the user's own if it is there, else the defaults.
pub(crate) fn load(context: &Context, given: Option<&Path>) -> anyhow::Result<(Config, Option<PathBuf>)> {
    let path = match given {
        Some(path) => Some(std::path::absolute(path)?),
        None => context.places.config_file().filter(|path| is_there(path)),
    };
    let Some(path) = path else {
        return Ok((Config::resolve(&config::ConfigFile::default(), Path::new("/"))?, None));
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| UsageError(format!("config file `{}` cannot be read: {error}", path.display())))?;
    let file = config::parse(&text, &path)?;
    let base = path.parent().context("a config file lies in a directory")?;
    Ok((Config::resolve(&file, base)?, Some(path)))
}

/// Whether somebody put something there. A link that leads nowhere and a place that cannot be looked at count: a policy that was
/// meant must not give way to the defaults unnoticed.
fn is_there(path: &Path) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    !matches!(path.symlink_metadata(), Err(error) if matches!(error.kind(), NotFound | NotADirectory))
}

fn check(context: &Context, args: &ConfigFile) -> Ended {
    let (config, path) = load(context, args.config.as_deref())?;
    let (_, warnings) = crate::daemon::policy(&config.policy)?;
    let mut out = anstream::stdout().lock();
    for warning in warnings {
        writeln!(out, "warning: {warning}")?;
    }
    for file in config.extra_ca_files.iter().chain(&config.crl_files) {
        if !file.is_file() {
            return Err(
                UsageError(format!("`{}` is named in the config and is no file", file.display())).into()
            );
        }
    }
    match path {
        Some(path) => writeln!(out, "{}: good", path.display())?,
        None => writeln!(out, "no config file; the defaults are in force")?,
    }
    Ok(exit::OK)
}

fn show(context: &Context, args: &ConfigShow) -> Ended {
    let mut out = anstream::stdout().lock();
    if args.default {
        write!(out, "{}", config::DEFAULT)?;
        return Ok(exit::OK);
    }
    let (config, path) = load(context, args.config.as_deref())?;
    match path {
        Some(path) => writeln!(out, "# from {}", path.display())?,
        None => writeln!(out, "# no config file: the defaults")?,
    }
    write!(out, "{}", config.to_toml())?;
    Ok(exit::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_put_there_is_not_there() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("vigil.toml");
        assert!(!is_there(&path) && !is_there(&path.join("below")));
        std::os::unix::fs::symlink("/nonexistent/vigil.toml", &path).unwrap();
        assert!(is_there(&path), "a link that leads nowhere");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "").unwrap();
        assert!(is_there(&path) && !is_there(&path.join("below")));
    }
}
