"""Archive orders: its history tables, and the procedures that copy them."""

from migrations import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    op.install_table("batches_history", version=1)
    op.install_table("customers_history", version=1)
    op.install_table("notes_history", version=1)
    op.install_table("order_items_history", version=1)
    op.install_table("orders_history", version=1)
    op.install_table("products_history", version=1)
    op.create_procedure("_check_orders_source", version=1)
    op.create_procedure("_choose_orders", version=1)
    op.create_procedure("_choose_waiting_orders", version=1)
    op.create_procedure("_copy_batches", version=1)
    op.create_procedure("_copy_customers", version=1)
    op.create_procedure("_copy_notes", version=1)
    op.create_procedure("_copy_order_items", version=1)
    op.create_procedure("_copy_orders", version=1)
    op.create_procedure("_copy_products", version=1)
    op.create_procedure("_copy_waiting_orders", version=1)
    op.create_procedure("_find_torn_orders", version=1)
    op.create_procedure("_forget_waiting_orders", version=1)
    op.create_procedure("_note_orders", version=1)
    op.create_procedure("_prove_orders", version=1)
    op.create_procedure("_step_back_orders", version=1)
    op.create_procedure("_try_orders", version=1)
    op.create_procedure("_uninstall_orders", version=1)
    op.create_procedure("copy_orders_chunk", version=1)
    op.register_archive("orders")
    # Last, for the server may refuse them (1419).
    op.create_trigger("batches_history_before_delete", version=1)
    op.create_trigger("batches_history_before_update", version=1)
    op.create_trigger("customers_history_before_delete", version=1)
    op.create_trigger("customers_history_before_update", version=1)
    op.create_trigger("notes_history_before_delete", version=1)
    op.create_trigger("notes_history_before_update", version=1)
    op.create_trigger("order_items_history_before_delete", version=1)
    op.create_trigger("order_items_history_before_update", version=1)
    op.create_trigger("orders_history_before_delete", version=1)
    op.create_trigger("orders_history_before_update", version=1)
    op.create_trigger("products_history_before_delete", version=1)
    op.create_trigger("products_history_before_update", version=1)


def downgrade() -> None:
    # First, for it refuses while there is history to lose; and created again, for an
    # earlier downgrade may have failed after dropping it.
    op.create_procedure("_uninstall_orders", version=1)
    op.unregister_archive("orders")
    op.drop_procedure("copy_orders_chunk")
    op.drop_procedure("_uninstall_orders")
    op.drop_procedure("_try_orders")
    op.drop_procedure("_step_back_orders")
    op.drop_procedure("_prove_orders")
    op.drop_procedure("_note_orders")
    op.drop_procedure("_forget_waiting_orders")
    op.drop_procedure("_find_torn_orders")
    op.drop_procedure("_copy_waiting_orders")
    op.drop_procedure("_copy_products")
    op.drop_procedure("_copy_orders")
    op.drop_procedure("_copy_order_items")
    op.drop_procedure("_copy_notes")
    op.drop_procedure("_copy_customers")
    op.drop_procedure("_copy_batches")
    op.drop_procedure("_choose_waiting_orders")
    op.drop_procedure("_choose_orders")
    op.drop_procedure("_check_orders_source")
    op.uninstall_table("products_history")
    op.uninstall_table("orders_history")
    op.uninstall_table("order_items_history")
    op.uninstall_table("notes_history")
    op.uninstall_table("customers_history")
    op.uninstall_table("batches_history")
