//! Readers that count, hash and stop, sharing one account.

use super::{ArchiveError, HARMLESS, Limits};
use sha2::{Digest, Sha256};
use std::{
    cell::{Cell, RefCell},
    io::{self, Read},
    rc::Rc,
};

/// What has been read and what may be read next.
#[derive(Debug, Clone)]
pub struct Allowance(Rc<Account>);

#[derive(Debug)]
struct Account {
    limits: Limits,
    packed: Cell<u64>,
    unpacked: Cell<u64>,
    /// Unpacked bytes until the next grant.
    left: Cell<u64>,
    /// Why reading was stopped by us.
    stopped: RefCell<Option<ArchiveError>>,
}

impl Allowance {
    pub fn new(limits: Limits) -> Self {
        Self(Rc::new(Account {
            limits,
            packed: Cell::new(0),
            unpacked: Cell::new(0),
            left: Cell::new(0),
            stopped: RefCell::new(None),
        }))
    }

    /// How much of the unpacked stream may be read from here.
    pub fn grant(&self, bytes: u64) {
        self.0.left.set(bytes);
    }

    /// Whether no limit of ours was met.
    pub fn is_silent(&self) -> bool {
        self.0.stopped.borrow().is_none()
    }

    /// What a failed read means: our own limit, a cut file, or a file that cannot be read.
    pub fn reason(&self, error: io::Error) -> ArchiveError {
        if let Some(reason) = self.0.stopped.borrow_mut().take() {
            return reason;
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::Other => ArchiveError::Truncated,
            _ => ArchiveError::Unreadable(error),
        }
    }

    fn account(&self, bytes: u64) -> io::Result<()> {
        let account = &self.0;
        let limits = account.limits;
        let unpacked = account.unpacked.get() + bytes;
        account.unpacked.set(unpacked);
        let reason = if unpacked > limits.unpacked {
            ArchiveError::TooLarge(limits.unpacked >> 20)
        } else if unpacked
            > HARMLESS.saturating_add(account.packed.get().saturating_mul(limits.ratio))
        {
            ArchiveError::Bomb(limits.ratio)
        } else if bytes > account.left.get() {
            ArchiveError::Truncated
        } else {
            account.left.set(account.left.get() - bytes);
            return Ok(());
        };
        *account.stopped.borrow_mut() = Some(reason);
        Err(io::Error::other("stopped"))
    }
}

/// The unpacked stream, stopped where it becomes too much.
pub struct Metered<R> {
    inner: R,
    allowance: Allowance,
}

impl<R> Metered<R> {
    pub fn new(inner: R, allowance: Allowance) -> Self {
        Self { inner, allowance }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.allowance.account(count as u64)?;
        Ok(count)
    }
}

/// The packed stream, hashed as it goes by.
pub struct Hashing<R> {
    inner: R,
    hash: Sha256,
    allowance: Allowance,
}

impl<R: Read> Hashing<R> {
    pub fn new(inner: R, allowance: Allowance) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            allowance,
        }
    }

    /// SHA-256 in hex and size of all that was read.
    pub fn finish(self) -> (String, u64) {
        let size = self.allowance.0.packed.get();
        (hex::encode(self.hash.finalize()), size)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        let packed = &self.allowance.0.packed;
        packed.set(packed.get() + count as u64);
        Ok(count)
    }
}
