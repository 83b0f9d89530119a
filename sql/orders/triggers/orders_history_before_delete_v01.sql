CREATE TRIGGER pharmacy_history.orders_history_before_delete
BEFORE DELETE ON pharmacy_history.orders_history
FOR EACH ROW
CALL _raise(30010, 'orders_history is history: its rows cannot be deleted');
