//! Programs that fetch and send.

use vigil_core::{Resource, Verb};

use super::Command;
use super::option::{Operands, has, values};
use crate::action::draft::Draft;
use crate::action::shell::{Shell, Word};

/// The host of a URL or of `host:port`, lower case.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next()?,
        None => authority.split(':').next()?,
    };
    let plain = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':') || b >= 0x80);
    (plain && !host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// The URL with its host in lower case.
fn url_resource(url: &str) -> Resource {
    match (url.split_once("://"), host_of(url)) {
        (Some((scheme, rest)), Some(host)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let lower = match authority.rsplit_once('@') {
                Some((user, place)) => format!("{user}@{}", place.to_ascii_lowercase()),
                None => authority.to_ascii_lowercase(),
            };
            let _ = host;
            Resource::Url(format!("{}://{lower}{tail}", scheme.to_ascii_lowercase()))
        }
        (None, Some(host)) if !url.contains(['/', '?']) => Resource::Host(host),
        (None, Some(_)) => Resource::Url(url.to_owned()),
        _ => Resource::Unknown,
    }
}

/// Whether the address itself could carry data out: a long query, a long path segment, a name or password in it.
pub(crate) fn carries_data(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (path, query) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
    let labels = path.split(['/', '.']).any(|part| part.len() > 64);
    query.len() > 64
        || labels
        || path.split('/').next().is_some_and(|authority| authority.contains('@'))
        || url.contains('$')
}

/// Getting what is at an address.
pub(crate) fn fetch_url(url: &str) -> Draft {
    let url = url.trim();
    if url.starts_with("file://") {
        return Draft::new(Verb::Read, Resource::Path(url.trim_start_matches("file://").to_owned()))
            .from(url)
            .outward(true);
    }
    Draft::new(Verb::Fetch, url_resource(url)).from(url).outward(carries_data(url))
}

/// Sending something to an address.
pub(crate) fn send_url(url: &str) -> Draft {
    Draft::new(Verb::Send, url_resource(url.trim())).from(url.trim())
}

fn addresses(words: &[Word], valued: &str) -> Vec<Word> {
    Operands::of(words, valued).rest(0).cloned().collect()
}

const CURL_VALUED: &str = "-o -H -A -e -u -x -b -c -K -m -w -E --output --header --user-agent --referer --user --proxy --cookie \
    --cookie-jar --config --max-time --write-out --cert --key --cacert --retry --connect-timeout --retry-delay -d -F -T -X \
    --data --data-raw --data-binary --data-urlencode --form --upload-file --request --json --resolve --limit-rate -r --range -y -Y -z";

pub(super) fn curl(shell: &mut Shell<'_>, command: &Command<'_>) {
    const BODY: &[&str] =
        &["-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--data-ascii", "--json"];
    const FORM: &[&str] = &["-F", "--form", "--form-string"];
    const FILE: &[&str] = &["-T", "--upload-file"];
    let mut sends = false;
    for body in values(command.words, BODY).chain(values(command.words, FORM)) {
        sends = true;
        let file = body.text.split_once("=@").map(|(_, file)| file).or_else(|| body.text.strip_prefix('@'));
        if let Some(file) =
            file.map(|file| file.split(';').next().unwrap_or(file)).filter(|file| *file != "-")
        {
            shell.touch(Verb::Read, &Word { text: file.to_owned(), ..body.clone() });
        }
    }
    for file in values(command.words, FILE) {
        sends = true;
        shell.touch(Verb::Read, &file);
    }
    let mut method = values(command.words, &["-X", "--request"]).map(|word| word.text.to_ascii_uppercase());
    let changes = method.next().is_some_and(|method| !matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"));
    sends = (sends && !has(command.words, &["-G", "--get"])) || changes;
    let mut urls = addresses(command.words, CURL_VALUED);
    urls.extend(values(command.words, &["--url"]));
    // A substitution in the address or a header carries out what the substituted command said.
    let opaque = command.words.iter().any(|word| word.unknown);
    reach(shell, command, &urls, sends, opaque);
    for file in values(command.words, &["-o", "--output"]) {
        shell.touch(Verb::Write, &file);
    }
    if has(command.words, &["-O", "--remote-name"]) {
        for url in &urls {
            let name =
                url.text.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("download").to_owned();
            shell.touch(Verb::Write, &Word::literal(name));
        }
    }
    for file in values(command.words, &["-K", "--config"]) {
        shell.touch(Verb::Read, &file);
        shell.drafts.add(command.draft(Verb::Send));
    }
}

/// Fetches from or sends to each address.
fn reach(shell: &mut Shell<'_>, command: &Command<'_>, urls: &[Word], sends: bool, opaque: bool) {
    for url in urls {
        let draft = if sends { send_url(&url.text) } else { fetch_url(&url.text).outward(opaque) };
        let local = host_of(&url.text)
            .is_some_and(|host| matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1" | "0.0.0.0"));
        let mut draft = if sends { draft.sourced(&command.sources()) } else { draft };
        if local {
            draft.magnitude.outward = false;
            draft = draft.partial();
        }
        shell.drafts.add(draft);
    }
    if urls.is_empty() {
        let verb = if sends { Verb::Send } else { Verb::Fetch };
        shell.drafts.add(Draft::new(verb, Resource::Unknown).outward(true).sourced(&command.sources()));
    }
}

pub(super) fn wget(shell: &mut Shell<'_>, command: &Command<'_>) {
    const VALUED: &str = "-O -o -P -U -i -t -T -e --output-document --directory-prefix --user-agent --header --tries --timeout --post-data \
                          --post-file --method --body-data --body-file --user --password -A -R -l -D";
    let mut sends = values(command.words, &["--post-data", "--body-data", "--method"]).next().is_some();
    for file in values(command.words, &["--post-file", "--body-file"]) {
        sends = true;
        shell.touch(Verb::Read, &file);
    }
    let urls = addresses(command.words, VALUED);
    reach(shell, command, &urls, sends, command.words.iter().any(|word| word.unknown));
    let mut named = false;
    for file in values(command.words, &["-O", "--output-document", "-P", "--directory-prefix"]) {
        named = true;
        if file.text != "-" {
            shell.touch(Verb::Write, &file);
        }
    }
    if !named {
        for url in &urls {
            let name = url
                .text
                .rsplit('/')
                .next()
                .filter(|name| !name.is_empty())
                .unwrap_or("index.html")
                .to_owned();
            shell.touch(Verb::Write, &Word::literal(name));
        }
    }
}

pub(super) fn httpie(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut words = addresses(command.words, "-a -A --auth -o --output --session --timeout --proxy");
    let method = words
        .first()
        .map(|word| word.text.clone())
        .filter(|text| text.bytes().all(|b| b.is_ascii_uppercase()));
    if method.is_some() && !words.is_empty() {
        words.remove(0);
    }
    let items = words.len() > 1
        && words.iter().skip(1).any(|word| word.text.contains('=') || word.text.contains('@'));
    let sends = items && method.as_deref() != Some("GET")
        || method.is_some_and(|method| !matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"));
    words.truncate(1);
    reach(
        shell,
        command,
        &words,
        sends || command.input.text.is_some(),
        command.words.iter().any(|word| word.unknown),
    );
}

pub(super) fn download(shell: &mut Shell<'_>, command: &Command<'_>) {
    let urls = addresses(command.words, "-d -o -x -s -j --dir --out -n");
    reach(shell, command, &urls, false, command.words.iter().any(|word| word.unknown));
    if matches!(command.name, "aria2c" | "axel") {
        shell.touch(
            Verb::Write,
            &values(command.words, &["-d", "--dir", "-o", "--out"])
                .next()
                .unwrap_or_else(|| Word::literal(".")),
        );
    }
}

/// `scp`, `rsync`, `rclone`: the last operand is the target; a colon tells a remote place.
pub(super) fn copy(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut words = addresses(
        command.words,
        "-i -P -F -o -l -c -S -J -e --rsh --exclude --include --filter --bwlimit --config",
    );
    if command.name == "rclone" && !words.is_empty() {
        let verb = words.remove(0);
        if matches!(verb.text.as_str(), "ls" | "lsd" | "lsl" | "size" | "listremotes" | "version") {
            return shell.drafts.add(command.draft(Verb::Fetch));
        }
    }
    for run in values(command.words, &["-e", "--rsh"]).filter(|_| command.name == "rsync") {
        if run.text.split_whitespace().next() != Some("ssh") {
            shell.subshell(&run.text);
        }
    }
    if command.name == "sftp" {
        return shell.drafts.add(command.draft(Verb::Send));
    }
    let remote = |word: &Word| {
        let text = word.text.strip_prefix("rsync://").unwrap_or(&word.text);
        text.split_once(':')
            .filter(|(host, _)| !host.contains('/') && host.len() > 1)
            .map(|(host, _)| host.to_owned())
    };
    let Some(target) = words.pop() else { return shell.drafts.add(command.draft(Verb::Send)) };
    for word in &words {
        match remote(word) {
            Some(host) => shell
                .drafts
                .add(Draft::new(Verb::Fetch, Resource::Host(plain_host(&host))).from(word.text.as_str())),
            None => shell.touch(Verb::Read, word),
        }
    }
    if has(command.words, &["--delete", "--remove-source-files"]) {
        let draft = shell.draft(Verb::Delete, &target).map(|draft| draft.recursive(true));
        shell.drafts.add_some(draft);
    }
    match remote(&target) {
        Some(host) => shell
            .drafts
            .add(Draft::new(Verb::Send, Resource::Host(plain_host(&host))).sourced(&command.sources())),
        None => shell.touch(Verb::Write, &target),
    }
}

fn plain_host(text: &str) -> String {
    text.rsplit_once('@').map_or(text, |(_, host)| host).to_ascii_lowercase()
}

/// A command on another machine: it leaves this one, and whatever it does there cannot be seen.
pub(super) fn ssh(shell: &mut Shell<'_>, command: &Command<'_>) {
    for option in values(command.words, &["-o"]) {
        if let Some((_, run)) =
            option.text.split_once("ProxyCommand=").or_else(|| option.text.split_once("LocalCommand="))
        {
            shell.subshell(run);
        }
    }
    let mut words =
        Operands::of(command.words, "-i -p -l -F -o -L -R -D -J -b -c -e -m -S -W -w -E -B -Q").rest(0);
    let host = words.next().map(|word| word.text.clone()).unwrap_or_default();
    let draft = Draft::new(Verb::Send, Resource::Host(plain_host(&host))).sourced(&command.sources());
    shell.drafts.add(draft);
    let text: Vec<&str> = words.map(|word| word.text.as_str()).collect();
    if !text.is_empty() || command.input.text.is_some() {
        let effects = shell.drafts.effects.len();
        let before = core::mem::replace(&mut shell.scope.directory, crate::action::place::Directory::Unknown);
        if text.is_empty() {
            command.input.text.iter().for_each(|text| shell.subshell(text));
        } else {
            shell.subshell(&text.join(" "));
        }
        shell.scope.directory = before;
        for draft in shell.drafts.effects.iter_mut().skip(effects) {
            draft.magnitude.outward = true;
        }
    }
    if !has(command.words, &["-N", "-T"]) || !text.is_empty() {
        shell.drafts.add(command.draft(Verb::Execute).outward(true));
    }
}

pub(super) fn socket(shell: &mut Shell<'_>, command: &Command<'_>) {
    let words = addresses(command.words, "-p -w -s -e -c -X -x -q");
    if command.name == "openssl" {
        let connects = words.iter().any(|word| matches!(word.text.as_str(), "s_client" | "s_server"));
        let draft = command.draft(if connects { Verb::Send } else { Verb::Execute });
        return shell.drafts.add(if connects { draft } else { draft.partial() });
    }
    // `-z` only looks whether a port is open.
    if has(command.words, &["-z"]) {
        return shell.drafts.add(command.draft(Verb::Fetch));
    }
    let host = words.first().and_then(|word| host_of(&word.text)).map_or(Resource::Unknown, Resource::Host);
    shell.drafts.add(Draft::new(Verb::Send, host).sourced(&command.sources()).outward(true));
    if has(command.words, &["-e", "-c"])
        || command.words.iter().any(|word| {
            word.text.to_ascii_lowercase().contains("exec:")
                || word.text.to_ascii_lowercase().contains("system:")
        })
    {
        shell.drafts.add(command.draft(Verb::Execute).outward(true));
    }
}

pub(super) fn probe(shell: &mut Shell<'_>, command: &Command<'_>) {
    for word in Operands::of(command.words, "-c -i -t -p -W -w").rest(0).take(8) {
        let resource = host_of(word.text.trim_start_matches('@')).map_or(Resource::Unknown, Resource::Host);
        // A name that is looked up reaches whoever owns it.
        let draft = Draft::new(Verb::Fetch, resource).from(word.text.as_str());
        shell.drafts.add(draft.outward(word.unknown || carries_data(&word.text)));
    }
}

pub(super) fn mail(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut recipients: Vec<String> = Operands::of(command.words, "-s -a -A -r -S -c -b -f")
        .rest(0)
        .map(|word| word.text.clone())
        .collect();
    recipients.extend(values(command.words, &["--to", "-c", "-b"]).map(|word| word.text));
    for file in values(command.words, &["-a", "-A", "--attach"]) {
        shell.touch(Verb::Read, &file);
    }
    shell.drafts.add(Draft::new(Verb::Send, Resource::Message { recipients }).sourced(&command.sources()));
}

pub(super) fn open(shell: &mut Shell<'_>, command: &Command<'_>) {
    for word in Operands::of(command.words, "-a -b").rest(0) {
        if word.text.contains("://") {
            shell.drafts.add(fetch_url(&word.text));
        } else {
            shell.drafts.add(command.draft(Verb::Execute).partial());
        }
    }
}
