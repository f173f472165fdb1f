//! The lists of features. A change of any line is a new version: models know by which they were trained.

/// The version of [`FEATURES`] and [`CALLS`].
pub const FEATURE_VERSION: u32 = 3;

/// How many features a text has.
pub const TEXT_FEATURES: usize = FEATURES.len();

/// How many features a call has.
pub const CALL_FEATURES: usize = CALLS.len();

/// One feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// What it counts.
    pub unit: &'static str,
    /// Its greatest value; the least is 0.
    pub most: f32,
    /// What it is good for, in words that can stand on a hold card.
    pub why: &'static str,
}

macro_rules! features {
    ($(#[$doc:meta])* $list:ident: $($name:literal, $unit:literal, 0..=$most:literal, $why:literal;)*) => {
        $(#[$doc])*
        pub const $list: &[Feature] = &[$(Feature { name: $name, unit: $unit, most: $most, why: $why },)*];
    };
}

features! {
    /// All features of a text.
    FEATURES:
    "length", "log2 of bytes and one", 0..=40.0, "an unusual length";
    "entropy", "bits per byte", 0..=8.0, "packed, encrypted or encoded content";
    "repetition", "share of four-byte windows seen before in 2 KB; of a long text one part of four", 0..=1.0, "padding, or text that says one thing again and again";
    "digits", "share of characters", 0..=1.0, "numbers and codes instead of words";
    "capitals", "share of letters", 0..=1.0, "shouting, constants, encoded text";
    "marks", "share of characters", 0..=1.0, "code, markup, obfuscation";
    "spaces", "share of characters", 0..=1.0, "layout, or text hidden behind empty space";
    "foreign", "share of characters beyond ASCII", 0..=1.0, "another language, or look-alike letters";
    "longest_word", "log2 of characters and one", 0..=40.0, "encoded payloads have no spaces";
    "mean_word", "characters", 0..=64.0, "language has words of five letters";
    "lines", "log2 of lines and one", 0..=40.0, "a list, a log or a single line";
    "depth", "open brackets at most, capped", 0..=64.0, "nested data";
    "fences", "code fences, capped", 0..=64.0, "code inside prose";
    "tags", "share of bytes", 0..=1.0, "markup, and text that hides in it";
    "links", "addresses, capped", 0..=256.0, "something to open";
    "role_marks", "lines that begin with a speaker, capped", 0..=64.0, "content that pretends to be the conversation";
    "comments", "share of bytes inside comments of markup", 0..=1.0, "text that a reader does not see";
    "invisible", "characters, capped", 0..=1024.0, "zero-width, direction and tag characters";
    "mixed_words", "words of more than one script, capped", 0..=256.0, "look-alike letters";
    "base64", "share of bytes in long runs", 0..=1.0, "an encoded payload";
    "hex", "share of bytes in long runs", 0..=1.0, "an encoded payload";
    "percent", "share of bytes in percent escapes", 0..=1.0, "an encoded address";
    "escapes", "share of bytes in backslash escapes", 0..=1.0, "an encoded text";
    "data_addresses", "data: addresses, capped", 0..=64.0, "content inside an address";
    "nesting", "encodings inside each other", 0..=3.0, "an encoding inside an encoding has no honest use";
    "bidding", "share of sentences", 0..=1.0, "content that tells its reader what to do";
    "bids", "log2 of sentences that bid and one", 0..=40.0, "content that tells its reader what to do";
    "surprisal", "bits per character after the two before it, mean over a sample of at most 2 KB", 0..=16.0, "characters in an order that no language or code has";
}

features! {
    /// All features of a call.
    CALLS:
    "read", "whether", 0..=1.0, "it looks at something";
    "write", "whether", 0..=1.0, "it changes something";
    "delete", "whether", 0..=1.0, "it removes something";
    "execute", "whether", 0..=1.0, "it runs something";
    "install", "whether", 0..=1.0, "it brings a package";
    "fetch", "whether", 0..=1.0, "it gets something from the network";
    "send", "whether", 0..=1.0, "it sends something out";
    "pay", "whether", 0..=1.0, "it moves money";
    "grant", "whether", 0..=1.0, "it gives rights";
    "delegate", "whether", 0..=1.0, "it hands work on";
    "configure", "whether", 0..=1.0, "it changes how things behave";
    "outward", "whether", 0..=1.0, "it leaves the machine or the account";
    "irreversible", "whether", 0..=1.0, "it cannot be undone";
    "effects", "log2 of effects and one", 0..=40.0, "it does many things at once";
    "position", "log2 of earlier calls and one", 0..=40.0, "sessions go astray late";
    "of_user", "share of arguments", 0..=1.0, "what the user typed";
    "of_model", "share of arguments", 0..=1.0, "what the model made up";
    "of_untrusted", "share of arguments", 0..=1.0, "what other content brought";
    "told", "whether", 0..=1.0, "content tells to do it";
    "asked", "whether", 0..=1.0, "the user asks for its kind";
    "user_words", "share of words in arguments", 0..=1.0, "it speaks of what the user spoke of";
    "content_words", "share of words in arguments", 0..=1.0, "it speaks of what other content spoke of, and the user did not";
    "bid_words", "share of words in arguments", 0..=1.0, "it speaks as content that tells its reader what to do";
    "name_user", "share of words in the tool's name", 0..=1.0, "the user speaks of the tool's work";
    "name_bids", "share of words in the tool's name", 0..=1.0, "content that bids speaks of the tool's work, and the user does not";
}
