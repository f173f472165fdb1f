#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vigil_verify::fuzzing::stored_preimage(data);
});
