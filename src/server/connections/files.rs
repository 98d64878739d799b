//! The limit of open files: each connection takes one, so it limits the connections.

/// The largest number of connections at once, if the limit of open files allows it.
pub const MOST_CONNECTIONS: usize = 10_000;
/// Open files for everything except connections: the database, the log, site files, letters.
const OTHERS: usize = 512;
/// The smallest number of connections that the server accepts at once.
const FEWEST_CONNECTIONS: usize = 64;

/// Raises the limit of open files as far as the system allows this process.
///
/// # Errors
/// A sentence for the log when the system allows fewer files than [`MOST_CONNECTIONS`] needs.
pub fn raise() -> Result<(), String> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit of open files could not be raised");
        }
    }
    let (connections, needed) = (connections(), MOST_CONNECTIONS + OTHERS);
    if connections < MOST_CONNECTIONS {
        return Err(format!(
            "the limit of open files allows {connections} connections at once; raise it to {needed} (`ulimit -n`, `LimitNOFILE=`) for \
             {MOST_CONNECTIONS}"
        ));
    }
    Ok(())
}

/// Returns how many connections fit into the limit of open files.
pub fn connections() -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let files = None;
    leaves(files)
}

fn leaves(files: Option<u64>) -> usize {
    files
        .and_then(|files| usize::try_from(files).ok())
        .map_or(MOST_CONNECTIONS, |files| files.saturating_sub(OTHERS).clamp(FEWEST_CONNECTIONS, MOST_CONNECTIONS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_the_database_and_the_log_are_left() {
        for (files, connections) in [(None, 10_000), (Some(1_048_576), 10_000), (Some(4_096), 3_584), (Some(1_024), 512), (Some(20), 64)] {
            assert_eq!(leaves(files), connections, "{files:?}");
        }
    }
}
