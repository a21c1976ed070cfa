//! Spreads calls over two servers of the function `digits`: the README's example.

#![allow(clippy::print_stdout, reason = "an example shows its results")]

use reparte::Repartidor;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut repartidor = Repartidor::new(&["localhost:9000", "localhost:9001"], "digits")?;
    let handle = repartidor.handle();
    for text in ["2005", "23434252232434", "in words"] {
        repartidor.enviar((text.to_owned(),))?;
    }
    let results: Vec<i32> = repartidor.terminar()?;
    println!("{results:?}\n{}", handle.summary());
    Ok(())
}
