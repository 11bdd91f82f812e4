//! Whose turn it is to have a browser. Two on two cores take as long as one after the other and make both look slow, so
//! the process has so many places and everybody else waits: isolated nodes first, then who came first.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
};
use tokio::sync::watch;

/// What a browser is needed for. The later one comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Nobody needs it yet: it is started ahead, and given up for whoever needs one now.
    Ahead,
    /// A rehearsal or a try-out: nobody's service waits for it.
    Trial,
    /// A node that is out of service.
    Isolated,
}

/// The places of one process; clones share them.
#[derive(Debug, Clone)]
pub struct Queue(Arc<watch::Sender<Line>>);

#[derive(Debug)]
struct Line {
    places: usize,
    next: u64,
    inside: BTreeMap<u64, Urgency>,
    /// In the order in which they get in.
    waiting: BTreeSet<(Reverse<Urgency>, u64)>,
}

/// Why somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    pub used: usize,
    pub places: usize,
    pub before: usize,
}

impl Ahead {
    pub fn words(self) -> String {
        let Self {
            used,
            places,
            before,
        } = self;
        let line = match before {
            0 => "it is next".to_owned(),
            1 => "1 waits before it".to_owned(),
            more => format!("{more} wait before it"),
        };
        let are = if used == 1 { "is" } else { "are" };
        format!("Waits for a browser: {used} of {places} {are} in use, {line}.")
    }
}

/// Somebody in the line; dropping it leaves the line.
#[derive(Debug)]
pub struct Turn(Stay);

/// The right to have one browser; dropping it gives the right on.
#[derive(Debug)]
pub struct Place(Stay);

#[derive(Debug)]
struct Stay {
    queue: Queue,
    number: u64,
}

impl Queue {
    pub fn new(places: NonZeroUsize) -> Self {
        Self(Arc::new(watch::Sender::new(Line {
            places: places.get(),
            next: 0,
            inside: BTreeMap::new(),
            waiting: BTreeSet::new(),
        })))
    }

    pub fn enter(&self, urgency: Urgency) -> Turn {
        let mut number = 0;
        self.0.send_modify(|line| number = line.enter(urgency));
        Turn(Stay {
            queue: self.clone(),
            number,
        })
    }
}

impl Turn {
    /// `None`: its place is there.
    pub fn waits_for(&self) -> Option<Ahead> {
        self.0.queue.0.borrow().before(self.0.number)
    }

    /// Returns when the place is there, or what there is to wait for is something else than `told`.
    pub async fn moves(&self, told: Ahead) {
        let number = self.0.number;
        self.0.until(|line| line.before(number) != Some(told)).await;
    }

    pub async fn come(self) -> Place {
        let number = self.0.number;
        self.0.until(|line| line.before(number).is_none()).await;
        Place(self.0)
    }
}

impl Place {
    /// From now on somebody needs it.
    pub fn needed(&self, urgency: Urgency) {
        let number = self.0.number;
        self.0.queue.0.send_modify(|line| {
            line.inside.insert(number, urgency);
        });
    }

    /// Returns when nobody needs it yet and somebody else needs one now.
    pub async fn asked_back(&self) {
        let number = self.0.number;
        self.0.until(|line| line.gives_way(number)).await;
    }
}

impl Stay {
    async fn until(&self, holds: impl Fn(&Line) -> bool) {
        let mut line = self.queue.0.subscribe();
        line.wait_for(|line| holds(line))
            .await
            .expect("the sender is in our hand");
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.queue.0.send_modify(|line| line.leave(self.number));
    }
}

impl Line {
    fn enter(&mut self, urgency: Urgency) -> u64 {
        let number = self.next;
        self.next += 1;
        self.waiting.insert((Reverse(urgency), number));
        self.admit();
        number
    }

    fn leave(&mut self, number: u64) {
        self.inside.remove(&number);
        self.waiting.retain(|(_, waiting)| *waiting != number);
        self.admit();
    }

    fn admit(&mut self) {
        while self.inside.len() < self.places
            && let Some((Reverse(urgency), number)) = self.waiting.pop_first()
        {
            self.inside.insert(number, urgency);
        }
    }

    fn before(&self, number: u64) -> Option<Ahead> {
        let before = self
            .waiting
            .iter()
            .position(|(_, waiting)| *waiting == number)?;
        Some(Ahead {
            used: self.inside.len(),
            places: self.places,
            before,
        })
    }

    /// As many give way as are needed, the latest first.
    fn gives_way(&self, number: u64) -> bool {
        let needed = |urgency: &Urgency| *urgency > Urgency::Ahead;
        let wanted = self.waiting.iter().filter(|(Reverse(u), _)| needed(u));
        self.inside
            .iter()
            .rev()
            .filter(|(_, urgency)| !needed(urgency))
            .take(wanted.count())
            .any(|(inside, _)| *inside == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn queue(places: usize) -> Queue {
        Queue::new(NonZeroUsize::new(places).unwrap())
    }

    fn is_there(turn: &Turn) -> bool {
        turn.waits_for().is_none()
    }

    #[test]
    fn isolated_nodes_come_first_and_else_who_came_first() {
        let queue = queue(1);
        let first = queue.enter(Urgency::Trial);
        let ahead = queue.enter(Urgency::Ahead);
        let trial = queue.enter(Urgency::Trial);
        let red = queue.enter(Urgency::Isolated);
        let blue = queue.enter(Urgency::Isolated);
        assert!(is_there(&first));
        let order = [&red, &blue, &trial, &ahead].map(|turn| turn.waits_for().unwrap().before);
        assert_eq!(order, [0, 1, 2, 3]);
        drop(first);
        assert!(is_there(&red) && !is_there(&blue));
        drop(blue);
        drop(red);
        assert!(is_there(&trial));
        assert_eq!(ahead.waits_for().unwrap().before, 0);
    }

    #[test]
    fn a_place_nobody_needs_yet_is_given_up_for_who_needs_one() {
        let queue = queue(2);
        let place = |urgency| queue.enter(urgency).come().now_or_never().unwrap();
        let (early, late) = (place(Urgency::Ahead), place(Urgency::Ahead));
        let back = |place: &Place| place.asked_back().now_or_never().is_some();
        assert!(!back(&early) && !back(&late));
        let idle = queue.enter(Urgency::Ahead);
        assert!(
            !back(&early) && !back(&late),
            "nobody needs that one either"
        );
        let trial = queue.enter(Urgency::Trial);
        assert!(!back(&early) && back(&late));
        late.needed(Urgency::Isolated);
        assert!(back(&early) && !back(&late));
        drop(early);
        assert!(is_there(&trial) && !is_there(&idle));
    }

    #[test]
    fn who_waits_is_told_for_what() {
        let queue = queue(1);
        let first = queue.enter(Urgency::Isolated);
        let turns = [(); 4].map(|()| queue.enter(Urgency::Isolated));
        let words = |turn: &Turn| turn.waits_for().unwrap().words();
        assert_eq!(
            words(&turns[0]),
            "Waits for a browser: 1 of 1 is in use, it is next."
        );
        assert_eq!(
            words(&turns[1]),
            "Waits for a browser: 1 of 1 is in use, 1 waits before it."
        );
        assert_eq!(
            words(&turns[3]),
            "Waits for a browser: 1 of 1 is in use, 3 wait before it."
        );
        let told = turns[1].waits_for().unwrap();
        assert!(turns[1].moves(told).now_or_never().is_none());
        drop(first);
        assert!(turns[1].moves(told).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_place_left_behind_wakes_who_is_next() {
        let queue = queue(1);
        let place = queue.enter(Urgency::Trial).come().await;
        let next = tokio::spawn(queue.enter(Urgency::Isolated).come());
        tokio::task::yield_now().await;
        drop(place);
        next.await.unwrap();
    }
}
