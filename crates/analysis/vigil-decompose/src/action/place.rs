//! Where a path is: inside the working directory or not, and whether it holds a credential or an agent's instructions.

/// What is known of the machine from the conversation. Nothing here was looked up on a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// The working directory, absolute and without a slash at its end, when the conversation tells.
    workdir: Option<String>,
}

/// The directory in which a command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Directory {
    /// Known: absolute, below `~`, or relative to the working directory (which is the empty text).
    At(String),
    /// Nobody can tell.
    Unknown,
}

/// A path after `~`, `.` and `..` were resolved where that needs no disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// The path.
    pub(crate) text: String,
    /// Whether it leaves the working directory, or may.
    pub(crate) outward: bool,
}

/// What a path is to a firewall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sensitivity {
    /// A file like others.
    Plain,
    /// It holds a key, token or password.
    Credential,
    /// It tells an agent, a shell or a build how to behave.
    Configuration,
}

impl Surroundings {
    pub(crate) fn new(workdir: Option<&str>) -> Self {
        let workdir = workdir
            .map(str::trim)
            .filter(|text| text.starts_with('/') || drive(text))
            .map(|text| normalize(&text.replace('\\', "/")));
        Self { workdir }
    }

    /// The user's home directory, where the working directory tells it.
    fn home(&self) -> Option<&str> {
        let workdir = self.workdir.as_deref()?;
        if workdir == "/root" || workdir.starts_with("/root/") {
            return Some("/root");
        }
        let rest = workdir.strip_prefix("/home/").or_else(|| workdir.strip_prefix("/Users/"))?;
        let name = rest.split('/').next().filter(|name| !name.is_empty())?;
        workdir.get(..workdir.len() - rest.len() + name.len())
    }

    /// Resolves a path as written, seen from `directory`.
    pub(crate) fn locate(&self, directory: &Directory, written: &str) -> Located {
        let written = written.strip_prefix("file://").unwrap_or(written);
        let mut written = if drive(written) { written.replace('\\', "/") } else { written.to_owned() };
        let mut sure = true;
        if !(written.starts_with('/') || written.starts_with('~') || drive(&written)) {
            match directory {
                Directory::At(base) if base.is_empty() => {}
                Directory::At(base) => written = format!("{base}/{written}"),
                Directory::Unknown => sure = false,
            }
        }
        let text = normalize(&written);
        let outward = !sure || self.leaves(&text);
        Located { text, outward }
    }

    fn leaves(&self, text: &str) -> bool {
        if text.contains('$') || text == ".." || text.starts_with("../") {
            return true;
        }
        let absolute = match (text.strip_prefix('~'), self.home()) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                normalize(&format!("{home}{rest}"))
            }
            (Some(_), _) => return true,
            (None, _) => text.to_owned(),
        };
        if !absolute.starts_with('/') && !drive(&absolute) {
            return false;
        }
        // The directory itself is not below it, but work in it stays in it.
        let below = |root: &str| {
            absolute.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let scratch = TEMPORARY.iter().any(|root| below(root) && absolute.len() > root.len());
        let inside = self.workdir.as_deref().is_some_and(|root| root != "/" && below(root));
        !(scratch || inside || is_stream(&absolute))
    }

    /// Whether the path is the working directory or a directory above it.
    pub(crate) fn holds_the_work(&self, text: &str) -> bool {
        matches!(text, "." | ".." | "/" | "~" | "/*" | "~/*" | "/home" | "/Users")
            || text.starts_with("../..")
            || self.workdir.as_deref().is_some_and(|root| {
                let above = text.trim_end_matches("/*");
                root.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }

    /// The path relative to the working directory, when it lies in it. `text` is in lower case.
    pub(crate) fn relative_lower<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.strip_prefix(self.workdir.as_deref()?.to_ascii_lowercase().as_str())?.strip_prefix('/')
    }

    /// Whether the path is the working directory. `text` is in lower case.
    pub(crate) fn is_workdir_lower(&self, text: &str) -> bool {
        self.workdir.as_deref().is_some_and(|root| root.eq_ignore_ascii_case(text))
    }

    /// The directory after `cd written`.
    pub(crate) fn enter(&self, directory: &Directory, written: &str) -> Directory {
        if written.contains('$') || written.contains('*') || written == "-" {
            return Directory::Unknown;
        }
        match directory {
            Directory::Unknown if !(written.starts_with('/') || written.starts_with('~')) => {
                Directory::Unknown
            }
            _ => {
                let text = self.locate(directory, written).text;
                Directory::At(if text == "." { String::new() } else { text })
            }
        }
    }
}

/// Directories for scratch files count as inside: work there leaves nothing behind.
const TEMPORARY: &[&str] = &["/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp", "/var/folders"];

/// Whether the path is a stream of the process itself or a sink.
pub(crate) fn is_stream(path: &str) -> bool {
    matches!(
        path,
        "/dev/null"
            | "/dev/stdin"
            | "/dev/stdout"
            | "/dev/stderr"
            | "/dev/tty"
            | "/dev/zero"
            | "/dev/urandom"
            | "/dev/random"
    ) || path.starts_with("/dev/fd/")
}

fn drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!((bytes.first(), bytes.get(1), bytes.get(2)),
        (Some(letter), Some(b':'), None | Some(b'/' | b'\\')) if letter.is_ascii_alphabetic())
}

/// Takes `.`, `..` and double slashes out. `..` at the start of a relative path stays, as does one above `~`.
pub(crate) fn normalize(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." && !(parts.len() == 1 && last.starts_with('~')) => {
                    parts.pop();
                }
                None if absolute => {}
                _ => parts.push(".."),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// What a path is, by its name alone. Case does not count: the file systems of two of three platforms ignore it.
pub(crate) fn sensitivity(path: &str) -> Sensitivity {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let slashed = format!("/{lower}");
    let within = |part: &&str| slashed.contains(*part);
    let example = EXAMPLES.iter().any(|end| name.ends_with(end));
    if CREDENTIAL_NAMES.contains(&name)
        || CREDENTIAL_ENDS.iter().any(|end| name.ends_with(end))
        || (name.starts_with(".env.") && !example)
        || (CREDENTIAL_PARTS.iter().any(within) && !name.ends_with(".pub") && !PUBLIC_NAMES.contains(&name))
        || ["/.ssh", "/.gnupg", "/.aws"].iter().any(|end| slashed.ends_with(end))
    {
        return Sensitivity::Credential;
    }
    if CONFIGURATION_NAMES.contains(&name) || CONFIGURATION_PARTS.iter().any(within) {
        return Sensitivity::Configuration;
    }
    Sensitivity::Plain
}

const EXAMPLES: &[&str] = &[".example", ".sample", ".template", ".dist"];
const PUBLIC_NAMES: &[&str] = &["known_hosts", "config"];
const CREDENTIAL_NAMES: &[&str] = &[
    ".env",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".git-credentials",
    ".htpasswd",
    ".vault-token",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "credentials.json",
    "service-account.json",
    "service_account.json",
    "secrets.json",
    "secrets.yaml",
    "secrets.yml",
    "secrets.toml",
    "token.json",
    "shadow",
    "gshadow",
    "master.key",
    "login.keychain-db",
    "login.keychain",
    "logins.json",
    "key4.db",
    "cookies.sqlite",
    "login data",
    "wallet.dat",
    ".boto",
    ".s3cfg",
    ".dockercfg",
    "kubeconfig",
    "authorized_keys",
    "terraform.tfvars",
    "application_default_credentials.json",
    ".credentials.json",
];
const CREDENTIAL_ENDS: &[&str] = &[
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".kdbx",
    ".ppk",
    ".keychain",
    ".keychain-db",
    ".asc.key",
    "_rsa",
    "_ed25519",
    "_ecdsa",
];
const CREDENTIAL_PARTS: &[&str] = &[
    "/.ssh/",
    "/.gnupg/",
    "/.aws/credentials",
    "/.aws/sso/",
    "/.docker/config.json",
    "/.kube/config",
    "/.config/gcloud/",
    "/.azure/",
    "/.config/gh/hosts.yml",
    "/.cargo/credentials",
    "/library/keychains/",
    "/.password-store/",
    "/run/secrets/",
    "/.local/share/keyrings/",
    "/.codex/auth.json",
    "/.config/op/",
    "/.terraform.d/credentials",
    "/proc/self/environ",
    "/etc/ssl/private/",
    "/.mozilla/firefox/",
    "/.electrum/",
    "/.bitcoin/",
];
const CONFIGURATION_NAMES: &[&str] = &[
    "claude.md",
    "claude.local.md",
    "agents.md",
    "gemini.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
    ".mcp.json",
    ".claude.json",
    "copilot-instructions.md",
    ".aider.conf.yml",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".gitconfig",
    ".envrc",
    ".inputrc",
    ".vimrc",
    "crontab",
    "sudoers",
    "ld.so.preload",
    "mcp.json",
    "claude_desktop_config.json",
];
const CONFIGURATION_PARTS: &[&str] = &[
    "/.claude/",
    "/.cursor/",
    "/.codex/",
    "/.gemini/",
    "/.windsurf/",
    "/.continue/",
    "/.roo/",
    "/.git/hooks/",
    "/.git/config",
    "/.github/copilot-instructions",
    "/.husky/",
    "/.config/fish/",
    "/.config/autostart/",
    "/.config/systemd/",
    "/etc/",
    "/launchagents/",
    "/launchdaemons/",
    "/var/spool/cron",
    "/.vscode/settings.json",
    "/.vscode/tasks.json",
    "/.vigil/",
    "/.local/share/systemd/",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(workdir: Option<&str>, base: &str, written: &str, text: &str, outward: bool) {
        let located = Surroundings::new(workdir).locate(&Directory::At(base.to_owned()), written);
        assert_eq!((located.text.as_str(), located.outward), (text, outward), "{written}");
    }

    #[test]
    fn locates_paths() {
        let work = Some("/home/u/p");
        check(work, "", "src/./a.rs", "src/a.rs", false);
        check(work, "", "../q", "../q", true);
        check(work, "", "/home/u/p/src", "/home/u/p/src", false);
        check(work, "", "/home/u/pq", "/home/u/pq", true);
        check(work, "", "~/p/x", "~/p/x", false);
        check(work, "", "~/x", "~/x", true);
        check(work, "~/x", "projects", "~/x/projects", true);
        check(work, "", "/tmp/a", "/tmp/a", false);
        check(work, "", "/tmp", "/tmp", true);
        check(work, "", "/tmp/../etc/passwd", "/etc/passwd", true);
        check(None, "", "/testbed/a", "/testbed/a", true);
        check(None, "src", "../../a", "../a", true);
        check(None, "", "~/../x", "~/../x", true);
        check(work, "", "$FOO/x", "$FOO/x", true);
        check(Some("C:\\w\\p"), "", "C:\\w\\p\\a", "C:/w/p/a", false);
    }

    #[test]
    fn tells_credentials_and_configuration() {
        for path in [
            "~/.ssh/id_rsa",
            ".env",
            "a/.env.local",
            "server.pem",
            "/home/u/.aws/credentials",
            "~/.netrc",
            "~/.ssh",
        ] {
            assert_eq!(sensitivity(path), Sensitivity::Credential, "{path}");
        }
        for path in [
            "CLAUDE.md",
            ".claude/settings.json",
            "~/.bashrc",
            ".git/hooks/pre-commit",
            ".mcp.json",
            "/etc/hosts",
        ] {
            assert_eq!(sensitivity(path), Sensitivity::Configuration, "{path}");
        }
        for path in [
            "src/env.rs",
            ".env.example",
            "~/.ssh/known_hosts",
            "src/key.rs",
            "README.md",
            "~/.ssh/id_rsa.pub",
        ] {
            assert_eq!(sensitivity(path), Sensitivity::Plain, "{path}");
        }
    }
}
