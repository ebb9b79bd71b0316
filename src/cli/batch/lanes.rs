//! Lanes: threads that each dream one photograph at a time. Those on one device share its weights.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use anyhow::anyhow;

use super::super::arguments::BackendChoice;
use super::super::dream::choice::Choice;
use super::super::dream::executor::Executor;
use super::super::dream::loaded::Loaded;
use super::super::dream::session::Session;
use super::super::exit::Exit;
use super::plan::{LanePlan, Plan};
use dreamer::backend::DeviceChoice;
use dreamer::weights::Weights;

/// The lanes of a plan. Each opens its device when it is first used, and the first one on a device loads
/// the network.
pub struct Lanes {
    lanes: Vec<Lane>,
    /// How many of them dream side by side; one more may be the wide one.
    narrow: usize,
    /// Bytes that steps may take at once.
    budget: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The narrow lanes in which nothing is dreamed.
    free: Vec<usize>,
    /// Bytes that the steps in the others take.
    used: u64,
    /// Numbers of the next one who comes, and of the next one who is let in.
    comes: u64,
    enters: u64,
}

/// What a dream needs to go on.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// A lane beside others, and so many bytes.
    Narrow(u64),
    /// The lane of all threads, and nothing beside it.
    Wide,
}

type Task = Box<dyn FnOnce(Result<&Ready, &str>) + Send>;

/// What a lane dreams with.
pub struct Ready {
    pub session: Session,
    pub loaded: Loaded,
}

struct Lane {
    /// Gone when the lane is to end.
    tasks: Mutex<Option<Sender<Task>>>,
    thread: Option<JoinHandle<()>>,
}

impl Lanes {
    pub fn new(plan: &Plan, choice: Arc<Choice>, weights: Weights) -> Lanes {
        let lanes: Vec<LanePlan> = plan.narrow.iter().chain(&plan.wide).copied().collect();
        let networks = Arc::new(Networks::new(plan.choice, choice, weights, &lanes));
        Lanes {
            lanes: lanes.into_iter().map(|lane| Lane::start(lane, networks.clone())).collect(),
            narrow: plan.narrow.len(),
            // The rest is for pictures that are decoded.
            budget: plan.budget.now / 4 * 3,
            state: Mutex::new(State {
                free: (0..plan.narrow.len()).rev().collect(),
                used: 0,
                comes: 0,
                enters: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits for a lane, in the order in which dreams come, and has it do `work`.
    ///
    /// # Errors
    /// [`Exit`] where the lane cannot be made ready.
    pub fn run<T: Send + 'static>(
        &self,
        need: Need,
        work: impl FnOnce(&Ready) -> T + Send + 'static,
    ) -> Result<T, Exit> {
        let place = self.enter(need);
        let (answer, answers) = channel();
        let task: Task = Box::new(move |ready| {
            let _ = answer.send(ready.map(work).map_err(str::to_owned));
        });
        let tasks = self.lanes[place.lane].tasks.lock().expect("no thread panics with it").clone();
        let sent = tasks.and_then(|tasks| tasks.send(task).ok());
        let answer = sent.and_then(|()| answers.recv().ok());
        answer
            .unwrap_or_else(|| Err("its thread has ended".into()))
            .map_err(|reason| Exit::Failure(anyhow!("the network cannot be made ready: {reason}")))
    }

    fn enter(&self, need: Need) -> Place<'_> {
        let mut state = self.lock();
        let number = state.comes;
        state.comes += 1;
        let waits = |state: &State| match need {
            Need::Wide => state.free.len() < self.narrow,
            Need::Narrow(bytes) => {
                state.free.is_empty() || state.used > 0 && state.used + bytes > self.budget
            }
        };
        while state.enters != number || waits(&state) {
            state = self.changed.wait(state).expect("no thread panics with it");
        }
        state.enters += 1;
        let place = match need {
            Need::Wide => {
                state.free.clear();
                Place { lanes: self, lane: self.narrow, bytes: 0 }
            }
            Need::Narrow(bytes) => {
                state.used += bytes;
                let lane = state.free.pop().expect("there is one free");
                Place { lanes: self, lane, bytes }
            }
        };
        self.changed.notify_all();
        place
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with it")
    }
}

impl Drop for Lanes {
    /// Waits for all lanes to end, so that no thread computes while the program does.
    fn drop(&mut self) {
        for lane in &mut self.lanes {
            *lane.tasks.lock().expect("no thread panics with it") = None;
            if let Some(thread) = lane.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

/// A lane in use, until it is dropped.
struct Place<'a> {
    lanes: &'a Lanes,
    lane: usize,
    bytes: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.lanes.lock();
        if self.lane == self.lanes.narrow {
            state.free.extend((0..self.lanes.narrow).rev());
        } else {
            state.free.push(self.lane);
        }
        state.used -= self.bytes;
        self.lanes.changed.notify_all();
    }
}

impl Lane {
    fn start(plan: LanePlan, networks: Arc<Networks>) -> Lane {
        let (tasks, waiting) = channel::<Task>();
        let thread = thread::spawn(move || {
            let mut ready: Option<Result<Ready, String>> = None;
            for task in waiting {
                match ready.get_or_insert_with(|| networks.ready(plan)) {
                    Ok(ready) => {
                        ready.session.executor.enter();
                        task(Ok(ready));
                    }
                    Err(reason) => task(Err(reason)),
                }
            }
        });
        Lane { tasks: Mutex::new(Some(tasks)), thread: Some(thread) }
    }
}

/// The network on each device of a plan.
struct Networks {
    backend: BackendChoice,
    choice: Arc<Choice>,
    state: Mutex<Loads>,
}

/// What is loaded, and what is to be.
struct Loads {
    /// Gone when no device needs them any more.
    weights: Option<Weights>,
    /// Devices that have not loaded the network.
    missing: Vec<DeviceChoice>,
    loaded: Vec<(DeviceChoice, Result<Loaded, String>)>,
}

impl Networks {
    fn new(
        backend: BackendChoice,
        choice: Arc<Choice>,
        weights: Weights,
        lanes: &[LanePlan],
    ) -> Networks {
        let mut missing: Vec<DeviceChoice> = Vec::new();
        for lane in lanes {
            if !missing.contains(&lane.device) {
                missing.push(lane.device);
            }
        }
        let state = Loads { weights: Some(weights), missing, loaded: Vec::new() };
        Networks { backend, choice, state: Mutex::new(state) }
    }

    /// What a lane dreams with.
    fn ready(&self, plan: LanePlan) -> Result<Ready, String> {
        let executor = Executor::on(plan.device, Some(plan.threads), self.backend)
            .map_err(|exit| exit.told())?;
        let loaded = self.network(plan.device, &executor)?;
        Ok(Ready { session: Session { executor, choice: self.choice.clone() }, loaded })
    }

    /// The network on a device, for one of its executors: the first one loads it.
    fn network(&self, device: DeviceChoice, executor: &Executor) -> Result<Loaded, String> {
        let mut state = self.state.lock().expect("no thread panics with it");
        let Loads { weights, missing, loaded } = &mut *state;
        if let Some(place) = missing.iter().position(|missing| *missing == device) {
            missing.remove(place);
            let weights = if missing.is_empty() { weights.take() } else { weights.clone() };
            let weights = weights.expect("they are there as long as a device needs them");
            let first = executor.load_with(&self.choice, weights).map_err(|exit| exit.told());
            loaded.push((device, first));
        }
        let (_, network) = loaded
            .iter()
            .find(|(other, _)| *other == device)
            .expect("what is not missing is loaded");
        network.as_ref().map(|loaded| loaded.for_executor(executor)).map_err(String::clone)
    }
}
