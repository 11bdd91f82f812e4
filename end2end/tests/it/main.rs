mod node;
mod remote;
mod wrapper;
