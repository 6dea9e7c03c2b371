//! A connection to a server that can be made to hang, as a machine does that has lost its disk or its network.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// Passes bytes on between those who connect and a server, until it is told to hold them back.
pub(crate) struct Tarpit {
    pub(crate) address: SocketAddr,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    is_shut: Mutex<bool>,
    moved: Condvar,
}

impl Gate {
    fn set(&self, is_shut: bool) {
        *self.is_shut.lock().unwrap() = is_shut;
        self.moved.notify_all();
    }

    fn pass(&self) {
        drop(self.moved.wait_while(self.is_shut.lock().unwrap(), |is_shut| *is_shut).unwrap());
    }
}

impl Tarpit {
    /// Stands before a server.
    pub(crate) fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, gate) = (listener.local_addr().unwrap(), Arc::<Gate>::default());
        let own = Arc::clone(&gate);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(server) else { continue };
                let (there, back) = ((client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client));
                for (from, to) in [there, back] {
                    let gate = Arc::clone(&own);
                    std::thread::spawn(move || pump(from, to, &gate));
                }
            }
        });
        Self { address, gate }
    }

    /// Holds everything back from now on.
    pub(crate) fn freeze(&self) {
        self.gate.set(true);
    }

    /// Lets everything through again.
    pub(crate) fn thaw(&self) {
        self.gate.set(false);
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, gate: &Gate) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(length) = from.read(&mut bytes) {
        gate.pass();
        if length == 0 || to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    // The other direction ends as well.
    let _ = to.shutdown(std::net::Shutdown::Both);
}
