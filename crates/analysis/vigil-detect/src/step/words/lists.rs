//! Words that say what their sentence does: common ones, ones that lead, bid, or make a duty of it.

use super::key::Key;

/// The lists, by the bit that stands for each.
pub(super) const LISTS: [&[&[u8]]; 6] = [&COMMON, &LEADING, &DUTY, &BIDDING, &[b"please"], &[b"you"]];

/// A word of the lists, and the lists that have it as bits.
#[derive(Clone, Copy)]
struct Listed {
    key: Key,
    lists: u8,
}

/// How many places the table of listed words has: so many that no two words want the same.
const PLACES: usize = 4096;

/// The words of the lists, and at the place of each word's hash its number. The first word is none.
static LISTED: ([u8; PLACES], [Listed; 256]) = {
    let mut places = [0_u8; PLACES];
    let mut words = [Listed { key: Key::none(), lists: 0 }; 256];
    let (mut list, mut last) = (0, 0);
    #[expect(clippy::indexing_slicing, reason = "counted up to the lengths")]
    while list < LISTS.len() {
        let mut at = 0;
        while at < LISTS[list].len() {
            let (bytes, mut key, mut letter) = (LISTS[list][at], [0_u64; 3], 0);
            while letter < bytes.len() {
                key[letter / 8] |= (bytes[letter] as u64) << (8 * (letter % 8));
                letter += 1;
            }
            let place = place(Key(key));
            if places[place] == 0 {
                last += 1;
                places[place] = last;
                words[last as usize].key = Key(key);
            }
            // A test tells when another word has the place.
            words[places[place] as usize].lists |= 1 << list;
            at += 1;
        }
        list += 1;
    }
    (places, words)
};

/// These bits of the hash are others for each listed word.
const fn place(key: Key) -> usize {
    (key.hash() >> 30) as usize & (PLACES - 1)
}

/// The lists that have a word, as bits.
#[inline]
pub(super) fn lists(key: Key) -> u8 {
    let (places, words) = &LISTED;
    let number = places.get(place(key)).copied().unwrap_or(0);
    words.get(usize::from(number)).filter(|listed| listed.key == key).map_or(0, |listed| listed.lists)
}

// All lists are sorted. They hold words of the language, none of any tool, host or recorded session.
pub(super) const COMMON: [&[u8]; 49] = [
    b"about", b"after", b"all", b"also", b"and", b"any", b"are", b"been", b"but", b"can", b"could", b"did",
    b"does", b"for", b"from", b"had", b"has", b"have", b"her", b"his", b"how", b"into", b"its", b"not",
    b"one", b"our", b"out", b"she", b"should", b"that", b"the", b"their", b"them", b"then", b"there",
    b"they", b"this", b"was", b"were", b"what", b"when", b"which", b"who", b"will", b"with", b"would",
    b"you", b"your", b"yours",
];
pub(super) const LEADING: [&[u8]; 10] =
    [b"also", b"and", b"but", b"finally", b"first", b"just", b"next", b"now", b"so", b"then"];
pub(super) const DUTY: [&[u8]; 9] =
    [b"can", b"could", b"have", b"may", b"must", b"need", b"shall", b"should", b"to"];
pub(super) const BIDDING: [&[u8]; 70] = [
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
];
