"""Task `train_variant`: train what one choice of the recipe would have given from a round's trees.

Nothing of it becomes current, and no row of the round changes: variants are checkpoints of their own.
"""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.annotate import SFT_STATEMENTS
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from tasks.runtime.training import policy_job, ppm_job, train
from tasks.runtime.variants import Variant
from warehouse.sql.statements import bound, find
from warehouse.stages import ABLATE
from warehouse.store.lake import Warehouse


@task(
    name="train_variant",
    task_run_name=f"{ABLATE.label} train {{variant.label}}",
    tags=["training"],
    cache_policy=NO_CACHE,
)
def train_variant(plan: RoundPlan, variant: Variant, start_id: str) -> Variant:
    """Train the variant's policy from the base, or its PPM from the policy, and return it with the checkpoint's id."""
    resources = resources_of(plan.site)
    label = f"{ABLATE.label} train {variant.label}"
    resources.progress.stage(plan.round, label)
    work_dir = plan.site.home / "ablations" / f"round-{plan.round}-{variant.label}"
    work_dir.mkdir(parents=True, exist_ok=True)
    start_dir = resources.checkpoints.get(start_id).path
    if variant.question == "sft-data":
        job = policy_job(plan, start_dir, work_dir, _sft_examples(plan, variant, resources.lake, work_dir))
    else:
        changed = plan.model_copy(update={"ppm": plan.ppm.model_copy(update={"loss_kind": variant.name})})
        job = ppm_job(changed, start_dir, work_dir, *_pair_files(plan, resources.lake, work_dir))
    trained = train(plan, resources, label, job, start_id, snapshot_id=None, status="ablation")
    return variant.model_copy(update={f"{job.kind}_id": trained.checkpoint_id})


def _sft_examples(plan: RoundPlan, variant: Variant, lake: Warehouse, work_dir: Path) -> Path:
    """Return the file of the examples that this selection would have chosen: nothing else differs from the round's own."""
    statement = find(SFT_STATEMENTS[variant.name])
    values = bound(statement, {"round": plan.round, "n_per_problem": plan.annotation.n_sft_per_problem, **plan.left_out})
    texts = f"""
        with chosen as (
        {statement.sql}
        )
        select chosen.problem_id, chosen.trajectory_id, chosen.rank, texts.prompt, texts.completion
        from chosen
        inner join v_trajectory_texts as texts
            on texts.round = chosen.trajectory_round and texts.trajectory_id = chosen.trajectory_id
        order by chosen.problem_id, chosen.rank, chosen.trajectory_id
    """
    examples = work_dir / "sft.parquet"
    lake.export(texts, examples, **values)
    return examples


def _pair_files(plan: RoundPlan, lake: Warehouse, work_dir: Path) -> tuple[Path, Path]:
    """Return the files of the round's nodes and pairs: a variant of the PPM differs in the loss alone."""
    nodes, pairs = work_dir / "ppm_nodes.parquet", work_dir / "ppm_pairs.parquet"
    for path in (nodes, pairs):
        lake.export(f"export_{path.stem}", path, round=plan.round, **plan.left_out)
    return nodes, pairs
