mod node;
mod wrapper;
