CREATE TRIGGER pharmacy_history.products_history_before_update
BEFORE UPDATE ON pharmacy_history.products_history
FOR EACH ROW
CALL _raise(30010, 'products_history is history: its rows cannot be changed');
