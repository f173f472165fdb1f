#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    vigil_detect::fuzzing::population_file(data);
});
