CREATE TRIGGER pharmacy_history.customers_history_before_update
BEFORE UPDATE ON pharmacy_history.customers_history
FOR EACH ROW
CALL _raise(30010, 'customers_history is history: its rows cannot be changed');
