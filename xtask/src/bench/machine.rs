//! Measures the machine's speed during a run: without it, results of two machines, or of one machine with other work, cannot be compared.

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::median;

/// The duration of one measurement.
const TIME: Duration = Duration::from_millis(300);
/// Rounds between two readings of the clock.
const ROUNDS: u64 = 100_000;
/// The number of synchronous writes.
const WRITES: usize = 50;

/// The measurements at several times of a run.
#[derive(Debug, Default)]
pub struct Machine {
    /// Million rounds per second of a loop of multiplications on one core.
    rounds: Vec<f64>,
    /// Milliseconds of a synchronous write of 4 kB (`fdatasync`).
    writes: Vec<f64>,
}

impl Machine {
    /// Measures now; the file is written in the folder and removed again.
    pub fn look(&mut self, folder: &Path) -> Result<()> {
        self.rounds.push(loop_speed());
        self.writes.push(write_time(folder)?);
        Ok(())
    }

    /// Returns one line with the median and the range of the measurements.
    pub fn words(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let spread = |values: &[f64]| {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(0.0, f64::max);
            format!("{:.2} ({low:.2} to {high:.2})", median(values))
        };
        format!(
            "The machine: {cores} cores, {} million rounds/s on one of them, {} ms for a write of 4 kB that is waited for.",
            spread(&self.rounds),
            spread(&self.writes)
        )
    }
}

/// Measures a loop that is the same on every machine: a linear congruential generator (Knuth's MMIX constants), one round
/// after the other.
#[expect(clippy::cast_precision_loss, reason = "a number to be read by people")]
fn loop_speed() -> f64 {
    let begun = Instant::now();
    let (mut rounds, mut value) = (0_u64, 1_u64);
    while begun.elapsed() < TIME {
        for _ in 0..ROUNDS {
            value = black_box(value).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        }
        rounds += ROUNDS;
    }
    black_box(value);
    rounds as f64 / begun.elapsed().as_secs_f64() / 1e6
}

fn write_time(folder: &Path) -> Result<f64> {
    let mut file = tempfile::tempfile_in(folder).with_context(|| format!("cannot write to {}", folder.display()))?;
    let mut times = Vec::new();
    for _ in 0..WRITES {
        let begun = Instant::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(&times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_how_fast_the_machine_is() {
        let mut machine = Machine::default();
        machine.look(&std::env::temp_dir()).unwrap();
        assert!(machine.rounds[0] > 0.0 && machine.writes[0] >= 0.0);
        assert!(machine.words().contains("million rounds/s"), "{}", machine.words());
    }
}
