//! How long one file takes in the library call that the proxy uses: `cargo bench -p vigil-scan --bench scan_source`.
//!
//! A module of 300 lines for each language, as agents write them: routes, queries, a few findings. Prints the median and the
//! slowest of a hundred of 2,000 runs, and fails when the median is over the budget of one millisecond.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures time and prints it")]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use vigil_scan::{Config, scan_source};

const ROUNDS: usize = 2_000;
const BUDGET: Duration = Duration::from_millis(1);

const PYTHON: &str = r#"
@router.post("/orders/{order_id}/notes", status_code=201)
async def add_note_NUMBER(order_id: int, note: NoteIn, db: Session = Depends(get_db), user: User = Depends(current_user)):
    order = db.query(Order).filter(Order.id == order_id, Order.owner_id == user.id).one_or_none()
    if order is None:
        raise HTTPException(status_code=404, detail=f"order {order_id} not found")
    entry = Note(order_id=order.id, text=note.text.strip(), created=datetime.now(timezone.utc))
    db.add(entry)
    try:
        db.commit()
    except IntegrityError as error:
        db.rollback()
        logger.warning("note for %s was not written: %s", order_id, error)
        raise HTTPException(status_code=409, detail="conflict") from error
    return {"id": entry.id, "text": entry.text, "created": entry.created.isoformat()}
"#;

const TYPESCRIPT: &str = r#"
router.post("/orders/:id/notes", requireUser, async (req: Request<{ id: string }>, res: Response) => {
  const id = Number.parseInt(req.params.id, 10);
  if (Number.isNaN(id)) {
    return res.status(400).json({ error: `no order is called ${req.params.id}` });
  }
  const order = await prisma.order.findFirst({ where: { id, ownerId: req.user.id } });
  if (!order) {
    return res.status(404).json({ error: "not found" });
  }
  const noteNUMBER = await prisma.note.create({ data: { orderId: order.id, text: String(req.body.text).trim() } });
  logger.info({ order: order.id, note: noteNUMBER.id }, "a note was written");
  res.cookie("last", String(noteNUMBER.id), { httpOnly: true, secure: true, sameSite: "lax" });
  return res.status(201).json({ id: noteNUMBER.id, text: noteNUMBER.text });
});
"#;

fn main() -> ExitCode {
    let python = "from fastapi import APIRouter, Depends, HTTPException\n\nAPI_KEY = os.getenv(\"API_KEY\", \"sk-default-123\")\nrouter = APIRouter()\n";
    let typescript = "import { Router, Request, Response } from \"express\";\nconst API_KEY = process.env.API_KEY || \"sk-default-123\";\nconst router = Router();\n";
    let ended =
        [("app.py", python, PYTHON), ("app.ts", typescript, TYPESCRIPT)].map(|(name, head, block)| {
            let blocks: String = (0..19).map(|number| block.replace("NUMBER", &number.to_string())).collect();
            let mut text = format!("{head}{blocks}");
            while text.lines().count() < 300 {
                text.push('\n');
            }
            measured(name, &text)
        });
    if ended.iter().all(|fine| *fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measured(name: &str, text: &str) -> bool {
    let config = Config::default();
    let mut times = Vec::with_capacity(ROUNDS);
    let mut findings = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        findings =
            std::hint::black_box(scan_source(Path::new(name), text.as_bytes(), &config)).findings.len();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(ROUNDS * share / 100).copied().unwrap_or_default();
    println!(
        "{name}: {} lines, {} bytes, {findings} findings: median {:?}, 99 % below {:?}",
        text.lines().count(),
        text.len(),
        at(50),
        at(99)
    );
    at(50) <= BUDGET
}
