-- What the example year holds, for test_example_data.py: a name, how many rows at least and at most, and the rows.
-- The views are made there; they hold what must survive: bad rows, and what is quarantined with them, are out.

-- customers: 42 to 42
from customers;

-- products: 14 to 14
from products;

-- recognition methods: 4 to 4
select distinct recognition_method from products;

-- invoices: 240 to 350
from invoices;

-- lines: 500 to 900
from lines;

-- currencies: 3 to 3
from (select distinct currency from invoices);

-- customers of two currencies: 0 to 0
select customer_id from invoices group by customer_id having count(distinct currency) > 1;

-- names a spreadsheet would run: 2 to 2
from customers where legal_name[1] in ('=', '+');

-- names with a comma: 5 to 40
from customers where contains(legal_name, ',');

-- names with quotes: 1 to 40
from customers where contains(legal_name, '"');

-- names with an ampersand: 3 to 40
from customers where contains(legal_name, '&');

-- names beyond ASCII: 10 to 40
from customers where not regexp_full_match(legal_name, '[ -~]+');

-- annual lines in advance: 12 to 99
from lines where days in (365, 366) and billed = 'advance';

-- annual lines in arrears: 1 to 9
from lines where days = 365 and billed = 'arrears';

-- quarterly lines in advance: 60 to 200
from lines where days between 89 and 92 and billed = 'advance';

-- quarterly lines in arrears: 20 to 200
from lines where days between 89 and 92 and billed = 'arrears';

-- monthly lines in advance: 150 to 400
from lines where days between 28 and 31 and billed = 'advance';

-- monthly lines in arrears: 60 to 250
from lines where days between 28 and 31 and billed = 'arrears';

-- lines billed in the midst of their period: 1 to 9
from lines where days > 300 and billed = 'midst';

-- lines for service in late 2024: 5 to 99
from lines where year(service_period_start) = 2024 and billed = 'arrears';

-- part-months: 6 to 50
from lines where contract_id is not null and days < 28;

-- periods from a month's last day on: 10 to 99
from lines where service_period_start = last_day(service_period_start);

-- two years to a leap day: 1 to 9
from lines where days = 731 and service_period_end = '2028-02-29';

-- three years over 2025 to a leap day: 1 to 9
from lines where days = 1096 and service_period_end = '2028-02-29';

-- setup fees with a recognition date: 2 to 9
from lines where product_id = 'prod_setup' and recognition_date is not null;

-- setup fees of a period: 2 to 9
from lines where product_id = 'prod_setup' and days = 14 and recognition_date is null;

-- setup fees of neither: 2 to 9
from lines where product_id = 'prod_setup' and coalesce(recognition_date, service_period_end) is null;

-- lines that override the method: 1 to 1
from lines where recognition_method = 'STRAIGHT_LINE' and product_id = 'prod_setup';

-- lines with a method of their own: 1 to 1
from lines where recognition_method is not null;

-- training days before the invoice: 2 to 9
from lines where product_id = 'prod_training' and recognition_date < accounting_date;

-- training days after the invoice: 2 to 9
from lines where product_id = 'prod_training' and recognition_date > accounting_date;

-- product-level discounts: 20 to 99
from lines discount where kind = 'DISCOUNT' and exists (
    from lines charge
    where charge.group_id = discount.group_id and charge.product_id = discount.product_id and charge.net_total > 0);

-- invoice-level discounts: 15 to 99
select group_id from lines group by group_id having max(net_total) < 0 and count(product_id) = 0;

-- other negative lines: 0 to 0
from lines where net_total < 0 and kind != 'DISCOUNT';

-- groups of two products: 0 to 0
select group_id from lines group by group_id having count(distinct product_id) > 1;

-- groups of two invoices: 0 to 0
select group_id from lines group by group_id having count(distinct invoice_id) > 1;

-- lines of nothing: 2 to 2
from lines where net_total = 0;

-- prices below the list: 30 to 300
from lines where net_total between 1 and list_price - 1;

-- drafts: 3 to 3
from invoices where status = 'DRAFT';

-- invoices in progress: 1 to 1
from invoices where status = 'IN_PROGRESS';

-- sent invoices: 20 to 99
from invoices where status = 'SENT';

-- paid invoices: 150 to 350
from invoices where status = 'PAID';

-- invoices that do not add up: 0 to 0
from invoices where net_total::decimal(18, 2) != (
    select sum(lines.net_total - coalesce(credit_grant_amount::decimal(18, 2), 0)) from lines where invoice_id = invoices.id);

-- invoices of unknown customers: 0 to 0
from invoices where customer_id not in (select id from customers);

-- lines of unknown products: 0 to 0
from lines where product_id not in (select id from products);

-- periods that end before they start: 0 to 0
from lines where service_period_end < service_period_start;

-- documents in another month's folder: 0 to 0
from invoices where folder != strftime(accounting_date, '%Y-%m');

-- amounts with other than the currency's decimals: 0 to 0
from (select currency, unnest(amount_texts) as amount from lines union all select currency, net_total from invoices)
where not regexp_full_match(amount, if(currency = 'JPY', '-?\d+', '-?\d+\.\d\d'));

-- versions of invoices that were changed later: 8 to 8
from landed_invoices where id in (select id from landed_invoices group by id having count(*) > 1);

-- voided invoices: 2 to 2
from invoices where status = 'VOIDED' and voided_at[:10]::date > accounting_date;

-- invoices of Acme Europe: 3 to 9
from invoices where entity_id = 'europe';

-- ledgers: 4 to 4
select distinct coalesce(entity_id, 'default'), currency from invoices;

-- invoices of billing schedules: 8 to 20
from invoices where billing_schedule_id in (select id from billing_schedules);

-- bundles: 2 to 9
select bundle_id from lines where bundle_id is not null group by bundle_id having count(standalone_selling_price) > 2;

-- minimum fees: 3 to 9
from lines where kind = 'MINIMUM_FEE' and product_id is not null;

-- true-ups over two products: 1 to 1
from lines where kind = 'MINIMUM_FEE' and product_id is null;

-- billed usage: 20 to 50
from lines where product_id in ('prod_messages', 'prod_compute') and kind = 'CHARGE';

-- usage with and without a billing schedule: 2 to 2
select distinct billing_schedule_id is null from usage;

-- metered months without an invoice: 5 to 9
from usage where not exists (
    from lines where lines.customer_id = usage.customer_id and lines.product_id = usage.product_id
        and service_period_start = period_start::date);

-- readings that were corrected: 1 to 1
select id from landed_usage group by id having count(distinct amount) > 1;

-- milestones by amount: 3 to 9
from milestones where amount is not null and percent is null;

-- milestones by percentage: 5 to 9
from milestones where percent is not null and amount is null;

-- milestones before their invoice: 3 to 9
from milestones join lines on lines.id = invoice_line_item_id where completed_on::date < accounting_date;

-- milestones after their invoice: 4 to 9
from milestones join lines on lines.id = invoice_line_item_id where completed_on::date > accounting_date;

-- unfinished projects: 1 to 1
select invoice_line_item_id from milestones join lines on lines.id = invoice_line_item_id
where percent is not null and invoice_line_item_id != 'li_audit_trail_1'
group by all having sum(percent::decimal(9, 2)) < 100;

-- billing types: 2 to 2
select distinct billing_type from billing_schedules;

-- frequencies: 3 to 5
select distinct frequency from billing_schedules;

-- schedules that end in the midst of a period: 1 to 9
from billing_schedules where id = 'bs_hosting_monthly' and end_date::date != start_date::date + interval 3 month - interval 1 day;

-- sold credit grants: 4 to 9
from lines where kind = 'CREDIT_GRANT' and credit_grant_id in (select id from credit_grants);

-- lines that a grant pays in part: 3 to 9
from lines where credit_grant_amount::decimal(18, 2) between 0.01 and net_total - 0.01;

-- lines that a grant pays whole: 2 to 9
from lines where credit_grant_amount::decimal(18, 2) = net_total;

-- types of transactions: 2 to 2
select distinct type from credit_grant_transactions;

-- grants that never expire: 1 to 9
from credit_grants where expiry_date is null;

-- transactions after the grant's expiry: 1 to 1
from credit_grant_transactions join credit_grants on credit_grants.id = credit_grant_id where date > expiry_date;

-- credit notes: 16 to 16
from credit_notes;

-- credit notes under each version of the policy: 2 to 2
select accounting_date < '2025-07-01' from credit_notes where invoice_id is not null and status = 'SENT' group by all
having count(*) > 4;

-- notes in full: 2 to 9
from credited join lines on lines.id = invoice_line_item_id
where credited.net_total::decimal(18, 2) = lines.net_total and lines.net_total != 0;

-- lines with two notes: 1 to 1
select invoice_line_item_id from credited where net_total::decimal(18, 2) > 0 and invoice_line_item_id is not null
group by all having count(*) > 1;

-- notes on discounts: 2 to 9
from credited where kind = 'DISCOUNT';

-- notes on whole invoices: 1 to 9
from credited where invoice_id is not null and invoice_line_item_id is null;

-- standalone notes with and without a period: 2 to 2
select distinct service_period_start is null from credited where invoice_id is null;

-- draft notes: 1 to 1
from credit_notes where status = 'DRAFT';

-- notes that were dated again: 1 to 1
select id from landed_credit_notes group by id having count(distinct folder) > 1;
