#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vigil_store::fuzzing::journal_entry(data);
});
