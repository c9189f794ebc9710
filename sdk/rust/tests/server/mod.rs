//! A server for tests: the executable that `E2E_BINARY` names, or the repository's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A server of its own in a directory of its own, gone with the test.
pub struct Server {
    child: Child,
    directory: PathBuf,
    /// Where gRPC is served.
    pub url: String,
}

static SERVERS: AtomicU32 = AtomicU32::new(0);

impl Server {
    pub fn start() -> Self {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("entdb-rust-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a directory of its own");
        let binary = std::env::var("E2E_BINARY").unwrap_or_else(|_| {
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/entdb").to_owned()
        });
        let mut child = Command::new(binary)
            .args([
                "serve",
                "--grpc-port",
                "0",
                "--http-port",
                "0",
                "--data-dir",
            ])
            .arg(directory.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the executable is there");
        let stderr = child.stderr.take().expect("it was asked for");
        let url = BufReader::new(stderr)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| ready_url(&line))
            .expect("it says where it listens");
        Self {
            child,
            directory,
            url,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn ready_url(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("\"grpc\":\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}
