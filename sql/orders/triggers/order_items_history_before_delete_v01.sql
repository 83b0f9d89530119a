CREATE TRIGGER pharmacy_history.order_items_history_before_delete
BEFORE DELETE ON pharmacy_history.order_items_history
FOR EACH ROW
CALL _raise(30010, 'order_items_history is history: its rows cannot be deleted');
