//! The world in memory, for native tests: every port, kept by the same pure
//! functions as on Cloudflare, with faults that can be switched on.
//!
//! | file | what it keeps |
//! |---|---|
//! | `encoder` | WebP, without loss |
//! | `faults` | which calls fail, and whether they do so after the fact |
//! | `studio` | pictures, by the engine itself |
//! | `store` | objects, and their way out by `delivery::plan` |
//! | `books` | the tip, the codes, the receipts, the caches |

mod books;
mod encoder;
mod faults;
mod store;
mod studio;
mod tests;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::Poll,
};

use books::{Book, Caches, Receipts, Signed};
pub use faults::Fault;
use faults::Faults;
pub use store::Object;
use store::{Objects, Uploads};
use studio::Desk;

use crate::{
    ports::{Haste, Outside, PortError, Studio, Surroundings, World},
    trust::Sha256,
};

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// A world. Its clones are the same world.
#[derive(Clone)]
pub struct Memory(Rc<State>);

struct State {
    now: Cell<u64>,
    drawn: Cell<u64>,
    lines: RefCell<Vec<String>>,
    waiting: RefCell<VecDeque<Work>>,
    is_eager: Cell<bool>,
    faults: Faults,
    reader_leaves: Cell<bool>,
    objects: Objects,
    uploads: Uploads,
    caches: Caches,
    signed: RefCell<Signed>,
    book: Book,
    receipts: RefCell<Receipts>,
    outside: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Memory {
    /// An empty world at a second.
    #[must_use]
    pub fn at(now: u64) -> Self {
        Self(Rc::new(State {
            now: Cell::new(now),
            drawn: Cell::default(),
            lines: RefCell::default(),
            waiting: RefCell::default(),
            is_eager: Cell::default(),
            faults: Faults::default(),
            reader_leaves: Cell::default(),
            objects: Objects::default(),
            uploads: Uploads::default(),
            caches: Caches::default(),
            signed: RefCell::default(),
            book: Book::default(),
            receipts: RefCell::default(),
            outside: RefCell::default(),
        }))
    }

    /// Sets the clock.
    pub fn set_now(&self, now: u64) {
        self.0.now.set(now);
    }

    /// Lets seconds pass.
    pub fn pass(&self, seconds: u64) {
        self.set_now(self.now() + seconds);
    }

    /// Runs what was left for after the reply, and what that leaves, to the end.
    pub fn settle(&self) {
        loop {
            let next = self.0.waiting.borrow_mut().pop_front();
            match next {
                Some(work) => pollster::block_on(work),
                None => return,
            }
        }
    }

    /// From now on what is left for later runs during the next call of any
    /// port, as a runtime runs it, instead of waiting for [`settle`](Self::settle).
    pub fn be_eager(&self) {
        self.0.is_eager.set(true);
    }

    /// Publishes something on another server.
    pub fn publish_outside(&self, url: &str, body: impl Into<Vec<u8>>) {
        let mut outside = self.0.outside.borrow_mut();
        outside.insert(url.to_owned(), body.into());
    }

    /// What the operator's log says.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lines.borrow().clone()
    }

    /// From now on every call of `port` fails: `store` means all calls of the
    /// store, `store.read` one of them, and an empty name all calls of all ports.
    pub fn fail(&self, port: &'static str, fault: Fault) {
        self.0.faults.every(port, fault);
    }

    /// The `nth` call of `port` from now on fails, counted from 1; later ones do not.
    pub fn fail_nth(&self, port: &'static str, nth: usize, fault: Fault) {
        self.0.faults.nth(port, nth, fault);
    }

    /// Ends all faults, and begins to count calls anew.
    pub fn heal(&self) {
        self.0.faults.heal();
        self.0.reader_leaves.set(false);
    }

    /// How many calls of `port` there were since the beginning or [`heal`](Self::heal).
    #[must_use]
    pub fn calls(&self, port: &str) -> usize {
        self.0.faults.calls(port)
    }

    /// From now on readers leave before the last byte of a body.
    pub fn let_readers_leave(&self) {
        self.0.reader_leaves.set(true);
    }

    /// Does what a port is asked, unless its call is to fail. Others that run
    /// at the same time come in between before it begins, never while it runs:
    /// that is what the Durable Objects promise too.
    async fn call<T>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        pause().await;
        if self.0.is_eager.get() {
            let waiting = self.0.waiting.take();
            for work in waiting {
                work.await;
            }
        }
        self.0.faults.call(name, work)
    }
}

/// Lets every other future have a turn.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl World for Memory {}

impl Studio for Memory {
    type Work = Desk;

    async fn desk(&self, haste: Haste) -> Result<Option<Desk>, PortError> {
        let name = match haste {
            Haste::Now => "studio.now",
            Haste::Later => "studio.later",
        };
        self.call(name, || Ok(Some(Desk::default()))).await
    }
}

impl Outside for Memory {
    async fn fetch(&self, url: &str, limit: usize) -> Result<Vec<u8>, PortError> {
        self.call("outside.fetch", || {
            let outside = self.0.outside.borrow();
            let found = outside.get(url).filter(|body| body.len() <= limit);
            let missing = || PortError::new("outside", "nothing good is there");
            found.cloned().ok_or_else(missing)
        })
        .await
    }
}

impl Surroundings for Memory {
    fn now(&self) -> u64 {
        self.0.now.get()
    }

    fn millis(&self) -> u64 {
        self.now() * 1000
    }

    /// Others have so many more turns, the longer it is.
    async fn pause(&self, millis: u32) {
        for _ in 0..=millis / 100 {
            pause().await;
        }
    }

    fn sample(&self, _: &crate::metrics::Counts) {}

    /// Never the same twice, and the same in every run.
    fn entropy<const N: usize>(&self) -> Result<[u8; N], PortError> {
        self.0.faults.call("entropy", || {
            let drawn = self.0.drawn.get() + 1;
            self.0.drawn.set(drawn);
            let block = Sha256::of(&drawn.to_be_bytes()).0;
            Ok(std::array::from_fn(|at| block[at % block.len()]))
        })
    }

    fn later(&self, work: impl Future<Output = ()> + 'static) {
        self.0.waiting.borrow_mut().push_back(Box::pin(work));
    }

    fn log(&self, line: &str) {
        self.0.lines.borrow_mut().push(line.to_owned());
    }

    async fn sha256(&self, bytes: &[u8]) -> Result<Sha256, PortError> {
        self.call("crypto", || Ok(Sha256::of(bytes))).await
    }
}
