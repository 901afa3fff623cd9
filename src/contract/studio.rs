//! Pictures: one that can be made is, and one that cannot harms nobody.

use super::{Kept, fault, must, same};
use crate::{
    media::{
        Class, Derivative, Refusal,
        job::{Job, OutputFormat},
    },
    ports::{Haste, Work, World},
};

/// The smallest picture there is: one black pixel, as a GIF.
pub const PIXEL: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";

/// `Studio`.
pub async fn studio_contract<W: World>(world: &W) -> Kept {
    // More often than there is room: each gives back what it took.
    for _ in 0..4 {
        let refusal = made(world, &[b"no ", b"picture"]).await?.err();
        let class = refusal.map(|refusal| refusal.class);
        same(
            &class,
            &Some(Class::NotAPicture),
            "what is no picture is refused",
        )?;
        let refusal = made(world, &[PIXEL.get(..20).unwrap_or_default()])
            .await?
            .err();
        let class = refusal.map(|refusal| refusal.class);
        same(
            &class,
            &Some(Class::Damaged),
            "what ends early is refused as damaged",
        )?;
        let (head, rest) = PIXEL.split_at(15);
        let picture = made(world, &[head, rest]).await?;
        let picture = picture.map_err(|refusal| format!("a good picture: {}", refusal.detail))?;
        same(
            &(picture.width, picture.height, picture.media_type),
            &(1, 1, "image/png"),
            "a good picture is made",
        )?;
        must(
            picture.bytes.starts_with(b"\x89PNG"),
            "its bytes are the file",
        )?;
        drop(world.desk(Haste::Now).await.map_err(fault)?);
    }
    let desk = world.desk(Haste::Now).await.map_err(fault)?;
    let finished = desk.ok_or("there is room")?.finish();
    must(finished.is_err(), "what was not begun cannot be finished")
}

async fn made<W: World>(
    world: &W,
    chunks: &[&[u8]],
) -> Result<Result<Derivative, Refusal>, String> {
    let desk = world.desk(Haste::Now).await.map_err(fault)?;
    Ok(draw(desk.ok_or("there is room")?, chunks))
}

fn draw(mut work: impl Work, chunks: &[&[u8]]) -> Result<Derivative, Refusal> {
    work.begin(Job::new(OutputFormat::Png))?;
    for chunk in chunks {
        work.push(chunk)?;
    }
    work.finish()
}
