fn main() {
    // `migrate!` reads this folder; without the line a new file in it would go unnoticed
    println!("cargo:rerun-if-changed=../migrations");
}
