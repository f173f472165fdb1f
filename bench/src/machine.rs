//! What is known about the machine and about a process on it. Read from `/proc`: elsewhere the answer is "unknown".

use std::fmt;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

/// Where and how the figures were taken.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    memory_mb: Option<u64>,
    load: String,
    version: String,
    release: bool,
}

impl Machine {
    /// Looks at the machine now. `version` is that of the program that is measured.
    pub(crate) fn now(version: &str) -> Self {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            processor: value(&info, "model name").unwrap_or("unknown processor").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| std::env::consts::OS.to_owned(), |text| format!("Linux {}", text.trim())),
            memory_mb: value(&memory, "MemTotal").and_then(kilobytes).map(|kb| kb / 1024),
            load: load(),
            version: version.to_owned(),
            release: !cfg!(debug_assertions),
        }
    }

    /// Whether the program was built to be fast.
    pub(crate) fn is_release(&self) -> bool {
        self.release
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "processor": self.processor, "cores": self.cores, "kernel": self.kernel, "memory_mb": self.memory_mb,
            "load_before": self.load, "version": self.version, "profile": self.profile(),
        })
    }

    fn profile(&self) -> &'static str {
        if self.release { "release" } else { "debug" }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, {} cores, {}", self.processor, self.cores, self.kernel)?;
        writeln!(f, "vigil {}, {} build", self.version, self.profile())?;
        write!(f, "load average before: {}", self.load)
    }
}

/// The load average of one, five and fifteen minutes.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let numbers: Vec<&str> = text.split_whitespace().take(3).collect();
    if numbers.is_empty() { "unknown".to_owned() } else { numbers.join(" ") }
}

/// The memory and threads of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) resident_kb: u64,
    pub(crate) highest_kb: u64,
    pub(crate) threads: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        Some(Self {
            resident_kb: kilobytes(value(status, "VmRSS")?)?,
            highest_kb: kilobytes(value(status, "VmHWM")?)?,
            threads: value(status, "Threads")?.parse().ok()?,
        })
    }
}

/// How long the threads of a process were on a processor. Threads that ended are not in it.
pub(crate) fn processor_time(pid: u32) -> Option<Duration> {
    let mut nanos = 0_u64;
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        // A thread that ended between the two calls has no file any more.
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanos += text.split_whitespace().next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
    }
    (nanos > 0).then_some(Duration::from_nanos(nanos))
}

/// The text behind `name:` on the first line that begins with it.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        (known.trim() == name).then(|| value.trim())
    })
}

fn kilobytes(text: &str) -> Option<u64> {
    text.strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_status() {
        let status = "Name:\tvigil\nVmHWM:\t   31024 kB\nVmRSS:\t   30000 kB\nThreads:\t9\n";
        let memory = Memory::parse(status).unwrap();
        assert_eq!((memory.resident_kb, memory.highest_kb, memory.threads), (30_000, 31_024, 9));
        assert!(Memory::parse("Name:\tkthreadd\n").is_none());
    }
}
