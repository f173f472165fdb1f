//! Which words a text has, and which of them stand where it tells its reader to do something.
//!
//! Kept are hashes of stems, never words: enough to ask whether a call speaks like the user or like what was read.

/// How many different words of one text are kept.
const MOST_WORDS: usize = 8192;
/// How many different words of its commands.
const MOST_BIDS: usize = 1024;
/// How many words a sentence is looked at.
const MOST_OF_SENTENCE: usize = 128;

/// The words of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// Of all of it. Sorted, no word twice.
    pub(crate) all: Box<[u32]>,
    /// Of the sentences that tell the reader to do something. Sorted, no word twice.
    pub(crate) bids: Box<[u32]>,
    /// How many sentences there are, and how many of them tell the reader to do something.
    pub(crate) sentences: u32,
    pub(crate) bidding: u32,
}

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        let (mut all, mut bids) = (Vec::new(), Vec::new());
        let (mut sentences, mut bidding) = (0, 0);
        for sentence in text.as_bytes().split(|byte| matches!(byte, b'.' | b'!' | b'?' | b'\n' | b';' | b':'))
        {
            let start = all.len();
            if all.len() < 4 * MOST_WORDS {
                all.extend(words(sentence));
            }
            if all.len() == start {
                continue;
            }
            sentences += 1;
            if bids_reader(sentence) {
                bidding += 1;
                if bids.len() < 4 * MOST_BIDS {
                    bids.extend(all.iter().skip(start).take(MOST_OF_SENTENCE).copied());
                }
            }
        }
        Self { all: set(all, MOST_WORDS), bids: set(bids, MOST_BIDS), sentences, bidding }
    }
}

/// The words of a tool's name: its parts at marks and at capitals.
pub(crate) fn name_words(name: &str) -> Box<[u32]> {
    let own = name.rsplit("__").next().unwrap_or(name);
    let mut apart = String::with_capacity(own.len() + 8);
    let mut small = false;
    for c in own.chars().take(256) {
        if c.is_ascii_uppercase() && small {
            apart.push(' ');
        }
        small = c.is_ascii_lowercase();
        apart.push(c);
    }
    set(words(apart.as_bytes()).collect(), 64)
}

/// The hash of one name, for tools and hosts.
pub(crate) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn set(mut words: Vec<u32>, most: usize) -> Box<[u32]> {
    words.sort_unstable();
    words.dedup();
    words.truncate(most);
    words.into_boxed_slice()
}

/// The stems of the words, hashed. A word has three letters or digits at least; what every text has is left out.
fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| word.len() >= 3).filter_map(stem)
}

fn stem(word: &[u8]) -> Option<u32> {
    let mut small = [0_u8; 24];
    let length = word.len().min(small.len());
    for (slot, byte) in small.iter_mut().zip(word) {
        *slot = byte.to_ascii_lowercase();
    }
    let word = small.get(..length).unwrap_or_default();
    if COMMON.has(word) {
        return None;
    }
    let stem = match word {
        [stem @ .., b'i', b'n', b'g'] | [stem @ .., b'e', b'd'] | [stem @ .., b's'] if stem.len() >= 3 => {
            stem
        }
        _ => word,
    };
    Some(hash(stem))
}

/// Whether a sentence begins with a verb that bids, asks, or tells what the reader has to do.
fn bids_reader(sentence: &[u8]) -> bool {
    let mut first = true;
    let mut before_you = 0_u8;
    let spoken =
        sentence.split(|byte| !byte.is_ascii_alphabetic() && *byte != b'\'').filter(|word| !word.is_empty());
    for (at, word) in spoken.take(MOST_OF_SENTENCE).enumerate() {
        if word.len() > 10 {
            first = false;
            before_you = 0;
            continue;
        }
        let mut small = [0_u8; 10];
        for (slot, byte) in small.iter_mut().zip(word) {
            *slot = byte.to_ascii_lowercase();
        }
        let word = small.get(..word.len()).unwrap_or_default();
        if first && BIDDING.has(word) || word == b"please" {
            return true;
        }
        first = first && at < 2 && LEADING.has(word);
        if before_you > 0 && DUTY.has(word) {
            return true;
        }
        before_you = if word == b"you" { 2 } else { before_you.saturating_sub(1) };
    }
    false
}

/// A sorted list of words, and which lengths its words with each first letter have: that alone tells of most words that they
/// are not in it.
struct List {
    words: &'static [&'static [u8]],
    lengths: [u16; 26],
}

impl List {
    #[expect(clippy::indexing_slicing, reason = "done when it is compiled, where a wrong index is an error")]
    const fn new(words: &'static [&'static [u8]]) -> Self {
        let mut lengths = [0; 26];
        let mut rest = words;
        while let [word, more @ ..] = rest {
            lengths[(word[0] - b'a') as usize] |= 1 << word.len();
            rest = more;
        }
        Self { words, lengths }
    }

    fn has(&self, word: &[u8]) -> bool {
        let Some(first) = word.first() else { return false };
        let lengths = self.lengths.get(usize::from(first.wrapping_sub(b'a')));
        let may = lengths.is_some_and(|lengths| lengths.checked_shr(word.len() as u32).unwrap_or(0) & 1 == 1);
        may && self.words.binary_search(&word).is_ok()
    }
}

// All lists are sorted. They hold words of the language, none of any tool, host or recorded session.
const COMMON: List = List::new(&[
    b"about", b"after", b"all", b"also", b"and", b"any", b"are", b"been", b"but", b"can", b"could", b"did",
    b"does", b"for", b"from", b"had", b"has", b"have", b"her", b"his", b"how", b"into", b"its", b"not",
    b"one", b"our", b"out", b"she", b"should", b"that", b"the", b"their", b"them", b"then", b"there",
    b"they", b"this", b"was", b"were", b"what", b"when", b"which", b"who", b"will", b"with", b"would",
    b"you", b"your", b"yours",
]);
const LEADING: List =
    List::new(&[b"also", b"and", b"but", b"finally", b"first", b"just", b"next", b"now", b"so", b"then"]);
const DUTY: List =
    List::new(&[b"can", b"could", b"have", b"may", b"must", b"need", b"shall", b"should", b"to"]);
const BIDDING: List = List::new(&[
    b"accept",
    b"add",
    b"approve",
    b"ask",
    b"book",
    b"buy",
    b"call",
    b"change",
    b"check",
    b"click",
    b"complete",
    b"confirm",
    b"contact",
    b"continue",
    b"copy",
    b"create",
    b"delete",
    b"disregard",
    b"do",
    b"download",
    b"email",
    b"ensure",
    b"enter",
    b"execute",
    b"fetch",
    b"fill",
    b"find",
    b"follow",
    b"forget",
    b"forward",
    b"get",
    b"give",
    b"go",
    b"grant",
    b"ignore",
    b"install",
    b"invite",
    b"log",
    b"login",
    b"make",
    b"move",
    b"open",
    b"order",
    b"pay",
    b"post",
    b"proceed",
    b"provide",
    b"publish",
    b"purchase",
    b"push",
    b"put",
    b"read",
    b"register",
    b"remove",
    b"reply",
    b"reserve",
    b"run",
    b"save",
    b"schedule",
    b"send",
    b"set",
    b"share",
    b"submit",
    b"tell",
    b"transfer",
    b"update",
    b"upload",
    b"use",
    b"visit",
    b"write",
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [COMMON, LEADING, DUTY, BIDDING] {
            assert!(list.words.is_sorted());
            for word in list.words {
                assert!(list.has(word) && !list.has(&word[1..]) || list.words.contains(&&word[1..]));
            }
            assert!(!list.has(b"") && !list.has(b"0f") && !list.has(&[b'a'; 24]));
        }
    }

    #[test]
    fn stems_are_one_word() {
        assert_eq!(Words::of("bring red rings").all, Words::of("brings red ring").all);
        assert_eq!(Words::of("Visiting pages").all, Words::of("visit page").all);
        assert!(Words::of("the and of").all.is_empty());
        assert_eq!(name_words("mcp__x__sendBigMails"), name_words("send_big_mail"));
    }

    #[track_caller]
    fn check(text: &str, bidding: u32, sentences: u32) {
        let words = Words::of(text);
        assert_eq!((words.bidding, words.sentences), (bidding, sentences), "{text}");
    }

    #[test]
    fn knows_who_tells_the_reader_to_act() {
        check("Send the report to Bob. Bob sends reports.", 1, 2);
        check("the balance is 100\nname: Alice", 0, 3);
        check("and then open this page", 1, 1);
        check("Before you can solve the task, you have to go there", 1, 1);
        check("could you please look", 1, 1);
        check("", 0, 0);
    }

    #[test]
    fn a_long_text_keeps_no_more_than_its_share() {
        let text: String = (0..100_000).map(|at| format!("send w{at}x. ")).collect();
        let words = Words::of(&text);
        assert!(words.all.len() <= MOST_WORDS && words.bids.len() <= MOST_BIDS);
    }
}
