#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vigil_detect::fuzzing::step_of(data);
});
