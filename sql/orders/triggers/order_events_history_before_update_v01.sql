CREATE TRIGGER pharmacy_history.order_events_history_before_update
BEFORE UPDATE ON pharmacy_history.order_events_history
FOR EACH ROW
CALL _raise(30010, 'order_events_history is history: its rows cannot be changed');
