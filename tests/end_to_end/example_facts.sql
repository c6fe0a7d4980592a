-- What the example year holds, for test_example_data.py: a name, how many rows at least and at most, and the rows.
-- The views are made there; they hold what must survive: bad rows, and what is quarantined with them, are out.

-- customers: 40 to 40
from customers;

-- products: 8 to 8
from products;

-- methods not built yet: 0 to 0
from products where recognition_method not in ('STRAIGHT_LINE', 'POINT_IN_TIME');

-- invoices: 240 to 350
from invoices;

-- lines: 500 to 800
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

-- monthly lines in arrears: 60 to 200
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

-- lines of nothing: 1 to 1
from lines where net_total = 0;

-- prices below the list: 30 to 300
from lines where net_total between 1 and list_price - 1;

-- drafts: 1 to 1
from invoices where status = 'DRAFT';

-- invoices in progress: 1 to 1
from invoices where status = 'IN_PROGRESS';

-- sent invoices: 20 to 99
from invoices where status = 'SENT';

-- paid invoices: 150 to 350
from invoices where status = 'PAID';

-- invoices that do not add up: 0 to 0
from invoices where net_total::decimal(18, 2) != (select sum(lines.net_total) from lines where invoice_id = invoices.id);

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

-- versions of the corrected invoice: 2 to 2
from landed_invoices where id in (select id from landed_invoices group by id having count(*) > 1);
