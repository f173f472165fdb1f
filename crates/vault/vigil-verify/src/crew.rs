//! All cores on one stream of work, results in the order of the work.

use std::collections::BTreeMap;
use std::sync::{Mutex, mpsc};

use crate::error::VerifyError;

/// Pulls jobs from `source` until it has none, does them on `threads` threads, and gives the results to `sink` in
/// the order of the jobs. A bounded number of jobs is under way at any time. With one thread nothing is spawned.
pub(crate) fn in_order<J: Send, R: Send, E: From<VerifyError>>(
    threads: usize,
    mut source: impl FnMut() -> Result<Option<J>, E>,
    work: impl Fn(J) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    if threads <= 1 {
        while let Some(job) = source()? {
            sink(work(job))?;
        }
        return Ok(());
    }
    let ahead = threads * 3;
    let (job_sender, job_receiver) = mpsc::sync_channel::<(u64, J)>(ahead);
    let (result_sender, result_receiver) = mpsc::channel::<(u64, R)>();
    let jobs = Mutex::new(job_receiver);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (jobs, work, results) = (&jobs, &work, result_sender.clone());
            scope.spawn(move || {
                loop {
                    let Ok(Ok((number, job))) = jobs.lock().map(|queue| queue.recv()) else { return };
                    if results.send((number, work(job))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(result_sender);
        // Moved in, so that leaving early closes the queue and ends the threads.
        let job_sender = job_sender;
        let mut waiting = BTreeMap::new();
        let (mut sent, mut done) = (0_u64, 0_u64);
        let mut more = true;
        while more || done < sent {
            if more && sent - done < ahead as u64 {
                match source()? {
                    Some(job) => {
                        job_sender.send((sent, job)).map_err(|_| VerifyError::Worker)?;
                        sent += 1;
                    }
                    None => more = false,
                }
            } else {
                let (number, result) = result_receiver.recv().map_err(|_| VerifyError::Worker)?;
                waiting.insert(number, result);
            }
            waiting.extend(result_receiver.try_iter());
            while let Some(result) = waiting.remove(&done) {
                sink(result)?;
                done += 1;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [1, 2, 5] {
            let mut jobs = 0..1000_u64;
            let mut seen = Vec::new();
            in_order::<_, _, VerifyError>(
                threads,
                || Ok(jobs.next()),
                |n| (0..(n % 7) * 100).fold(n, |a, _| std::hint::black_box(a)),
                |n| {
                    seen.push(n);
                    Ok(())
                },
            )
            .unwrap();
            assert!(seen.into_iter().eq(0..1000));
        }
    }

    #[test]
    fn an_error_at_either_end_stops_the_work() {
        for threads in [1, 3] {
            let mut left = 10;
            let source = || {
                left -= 1;
                if left == 0 { Err(VerifyError::Worker) } else { Ok(Some(left)) }
            };
            assert!(in_order(threads, source, |n| n, |_| Ok(())).is_err());
            assert!(in_order(threads, || Ok(Some(1)), |n| n, |_| Err(VerifyError::Worker)).is_err());
        }
    }
}
